// The default hypothesis in the coordinates of bayesdensing.inference.walk, for Stan's own sampler.
// The same posterior, the same hints, the same matrices: see docs/model.md and docs/inference.md.
functions {
  // Loss at log sizes and tokens relative to the pivot.
  vector law(vector log_n, vector log_d, vector irreducible, vector n_term, vector d_term,
             vector n_exponent, vector d_exponent) {
    return irreducible + n_term .* exp(-n_exponent .* log_n) + d_term .* exp(-d_exponent .* log_d);
  }

  // Log density of groups of residuals, multivariate Student-t with compound symmetry.
  real grouped_student_t(vector residual, array[] int start, array[] int member, vector one,
                         vector count, vector own, vector log_own, vector common, real df,
                         vector sizes, array[] int which) {
    int groups = num_elements(count);
    int rows = num_elements(residual);
    vector[groups] total = csr_matrix_times_vector(groups, rows, one, member, start, residual);
    vector[groups] square
      = csr_matrix_times_vector(groups, rows, one, member, start, residual .* residual);
    vector[groups] joint = own + count .* common;
    vector[groups] distance = (square - common .* total .* total ./ joint) ./ own;
    vector[num_elements(sizes)] constant
      = lgamma((df + sizes) / 2) - lgamma(df / 2) - sizes / 2 * log(df * pi());
    return sum(constant[which])
           - 0.5 * (dot_product(count - 1, log_own) + sum(log(joint)))
           - 0.5 * dot_product(df + count, log1p(distance / df));
  }

  // Log probability that scores lie beyond an end, given those of their pairs that do not.
  real beyond(vector gap, vector side, vector total, vector squares, vector count, vector own,
              vector common, real df) {
    int n = num_elements(gap);
    vector[n] joint = own + count .* common;
    vector[n] distance = (squares - common .* total .* total ./ joint) ./ own;
    vector[n] left = own .* (1 + common ./ joint);
    vector[n] freedom = df + count;
    vector[n] t
      = side .* (gap - common ./ joint .* total) ./ sqrt(left .* (df + distance) ./ freedom);
    vector[n] squared = t .* t ./ freedom + 1e-10;
    return std_normal_lcdf((8 * freedom + 1) ./ (8 * freedom + 3) .* t
                           .* sqrt(log1p(squared) ./ squared));
  }

  // Log density of log-odds whose probability is Beta distributed.
  real log_odds_beta(vector u, vector a, vector b) {
    return dot_product(a, log_inv_logit(u)) + dot_product(b, log1m_inv_logit(u));
  }
}
data {
  int<lower=2> B; // benchmarks
  int<lower=1> D; // dense values
  int<lower=0> O; // other values: latents, then loose ones
  int<lower=1> L; // LLMs
  int<lower=1> E; // evaluators

  int<lower=1> R; // reference runs, sorted by group
  int<lower=1> G; // groups of runs
  int<lower=1> G_sizes;
  vector[R] run_log_n;
  vector[R] run_log_d;
  vector[R] run_log_loss;
  array[R] int run_benchmark;
  array[G] int group_benchmark;
  array[G + 1] int group_start;
  array[R] int group_member;
  vector[G] group_count;
  vector[G_sizes] group_sizes;
  array[G] int group_which;

  int<lower=1> P; // loss-score points
  vector[P] point_loss;
  vector[P] point_score;
  vector[P] point_items;
  array[P] int point_benchmark;

  int<lower=1> K; // pairs of an LLM and a benchmark
  int<lower=1> K_sizes;
  int<lower=1> S; // scores, sorted by pair
  vector[L] llm_log_n; // relative to the pivot
  real log_d_of_n; // log tokens less log size, both relative to the pivot
  vector[L] years;
  array[K] int pair_llm;
  array[K] int pair_benchmark;
  array[K + 1] int pair_start;
  array[S] int pair_member;
  vector[K] pair_count;
  vector[K] pair_items;
  vector[K_sizes] pair_sizes;
  array[K] int pair_which;
  vector[S] score;
  array[S] int score_pair;
  int<lower=0> M; // scores at an end of the scale
  array[M] int met;
  array[M] int met_pair;
  array[S] int score_effect; // evaluator and benchmark, evaluator-major

  vector[3] hint_log_n; // sizes at which hints are taken, relative to the pivot
  vector[E * B] stretch_weight;
  real<lower=0> scale_spread;
  vector[B] floor_a;
  vector[B] floor_b;

  // location and scale of normal priors on unconstrained values
  vector[2] prior_pivot_loss;
  vector[2] prior_n_exponent;
  vector[2] prior_d_exponent;
  vector[2] prior_exponent_spread;
  vector[2] prior_d_share;
  vector[2] prior_irreducible_share;
  vector[2] prior_loss_noise;
  vector[2] prior_size_effect_sd;
  vector[2] prior_midpoint_ratio;
  vector[2] prior_steepness;
  vector[2] prior_link_sd;
  vector[2] prior_deviation_sd;
  vector[2] prior_evaluator_sd;
  vector[2] prior_overdispersion;
  vector[2] prior_level;
  vector[2] prior_growth_rate;
  vector[2] prior_dispersion;
  // shape and rate
  vector[2] prior_loss_df;
  vector[2] prior_score_df;
  // the two shapes
  vector[2] prior_ceiling;

  vector[D] walk_dense_mean;
  matrix[D, D] walk_factor;
  vector[O] walk_other_mean;
  matrix[L, D] walk_coupling;
  vector[O] walk_scale;
  vector[D + O] walk_bend_centre;
  vector[D + O] walk_bend_spread;
  vector[D + O] walk_bend_skew;
  vector[L] walk_pseudo_centre;
  vector[L] walk_pseudo_precision;
  array[D + O] int place; // of each parameter among the walk's values, in the order used below
}
transformed data {
  vector[R] run_one = rep_vector(1, R);
  vector[S] score_one = rep_vector(1, S);
  array[E * B] int effect_benchmark;
  for (e in 1 : E) {
    for (b in 1 : B) {
      effect_benchmark[(e - 1) * B + b] = b;
    }
  }
}
parameters {
  vector[D] z_dense;
  vector[O] z_latent;
}
model {
  vector[D + O] g;
  {
    vector[O] rest = walk_other_mean + walk_scale .* z_latent;
    vector[D + O] straight
      = append_row(walk_dense_mean + walk_factor * z_dense,
                   append_row(head(rest, L) + walk_coupling * z_dense, tail(rest, O - L)));
    vector[D + O] u = (straight - walk_bend_centre) ./ walk_bend_spread;
    vector[D + O] root = sqrt(1 + square(u));
    target += sum(log1p(walk_bend_skew .* u ./ root));
    g = (straight + walk_bend_spread .* walk_bend_skew .* (root - 1))[place];
  }

  // Loss law.
  int at = 0;
  vector[B] log_pivot = segment(g, 1, B);
  real log_n_spread = g[B + 1];
  real log_n_centre = g[B + 2];
  vector[B] log_n_exponent = segment(g, B + 3, B);
  real log_d_spread = g[2 * B + 3];
  real log_d_centre = g[2 * B + 4];
  vector[B] log_d_exponent = segment(g, 2 * B + 5, B);
  vector[B] d_logit = segment(g, 3 * B + 5, B);
  vector[B] i_logit = segment(g, 4 * B + 5, B);
  real log_noise_centre = g[5 * B + 5];
  vector[B] log_noise = segment(g, 5 * B + 6, B);
  real log_loss_df = g[6 * B + 6];
  real log_effect_centre = g[6 * B + 7];
  vector[B] log_size_effect = segment(g, 6 * B + 8, B);

  vector[B] pivot = exp(log_pivot);
  vector[B] d_share = inv_logit(d_logit);
  vector[B] i_share = inv_logit(i_logit);
  vector[B] rest = pivot .* (1 - d_share);
  vector[B] irreducible = rest .* i_share;
  vector[B] n_term = rest .* (1 - i_share);
  vector[B] d_term = pivot .* d_share;
  real loss_df = exp(log_loss_df);
  at = 7 * B + 7;

  // Hints: exponents are walked as elasticities.
  log_n_exponent += -log1m_inv_logit(d_logit) - log1m_inv_logit(i_logit);
  log_d_exponent += -log_inv_logit(d_logit);
  vector[B] n_exponent = exp(log_n_exponent);
  vector[B] d_exponent = exp(log_d_exponent);

  log_pivot ~ normal(prior_pivot_loss[1], prior_pivot_loss[2]);
  log_n_spread ~ normal(prior_exponent_spread[1], prior_exponent_spread[2]);
  log_d_spread ~ normal(prior_exponent_spread[1], prior_exponent_spread[2]);
  log_n_centre ~ normal(prior_n_exponent[1], prior_n_exponent[2]);
  log_d_centre ~ normal(prior_d_exponent[1], prior_d_exponent[2]);
  log_n_exponent ~ normal(log_n_centre, exp(log_n_spread));
  log_d_exponent ~ normal(log_d_centre, exp(log_d_spread));
  d_logit ~ normal(prior_d_share[1], prior_d_share[2]);
  i_logit ~ normal(prior_irreducible_share[1], prior_irreducible_share[2]);
  log_noise_centre ~ normal(prior_loss_noise[1], prior_loss_noise[2]);
  log_noise ~ normal(log_noise_centre, scale_spread);
  log_effect_centre ~ normal(prior_size_effect_sd[1], prior_size_effect_sd[2]);
  log_size_effect ~ normal(log_effect_centre, scale_spread);
  target += gamma_lupdf(loss_df | prior_loss_df[1], prior_loss_df[2]) + log_loss_df;
  {
    vector[R] loss = law(run_log_n, run_log_d, irreducible[run_benchmark], n_term[run_benchmark],
                         d_term[run_benchmark], n_exponent[run_benchmark],
                         d_exponent[run_benchmark]);
    target += grouped_student_t(run_log_loss - log(loss), group_start, group_member, run_one,
                                group_count, exp(2 * log_noise)[group_benchmark],
                                (2 * log_noise)[group_benchmark],
                                exp(2 * log_size_effect)[group_benchmark], loss_df, group_sizes,
                                group_which);
  }

  // Score link, walked relative to the law's losses at the LLMs' sizes.
  vector[B] floor_odds = segment(g, at + 1, B);
  vector[B] ceiling_odds = segment(g, at + B + 1, B);
  vector[B] log_midpoint = segment(g, at + 2 * B + 1, B);
  vector[B] log_slope = segment(g, at + 3 * B + 1, B);
  real log_link_sd = g[at + 4 * B + 1];
  at += 4 * B + 1;
  {
    array[3] vector[B] loss;
    for (i in 1 : 3) {
      loss[i] = law(rep_vector(hint_log_n[i], B), rep_vector(hint_log_n[i] + log_d_of_n, B),
                    irreducible, n_term, d_term, n_exponent, d_exponent);
    }
    log_midpoint += log(loss[2]);
    log_slope -= log(loss[1] - loss[3]);
  }
  vector[B] floor_score = inv_logit(floor_odds);
  vector[B] reach = inv_logit(ceiling_odds) - floor_score;
  vector[B] midpoint = exp(log_midpoint);
  vector[B] slope = exp(log_slope);
  target += log_odds_beta(floor_odds, floor_a, floor_b);
  target += log_odds_beta(ceiling_odds, rep_vector(prior_ceiling[1], B),
                          rep_vector(prior_ceiling[2], B));
  log_midpoint ~ normal(log_pivot + prior_midpoint_ratio[1], prior_midpoint_ratio[2]);
  log_slope ~ normal(prior_steepness[1] - log_midpoint, prior_steepness[2]);
  log_link_sd ~ normal(prior_link_sd[1], prior_link_sd[2]);
  {
    vector[P] w = -slope[point_benchmark] .* (point_loss - midpoint[point_benchmark]);
    real wide = sqrt(3) * exp(log_link_sd);
    vector[P] low = floor_score[point_benchmark] + reach[point_benchmark] .* inv_logit(w - wide);
    vector[P] middle = floor_score[point_benchmark] + reach[point_benchmark] .* inv_logit(w);
    vector[P] high = floor_score[point_benchmark] + reach[point_benchmark] .* inv_logit(w + wide);
    vector[P] mu = (low + 4 * middle + high) / 6;
    vector[P] variance
      = (square(low - mu) + 4 * square(middle - mu) + square(high - mu)) / 6
        + mu .* (1 - mu) ./ point_items;
    point_score ~ normal(mu, sqrt(variance));
  }

  // Growth.
  real level = g[at + 1];
  real growth_rate = g[at + 2];
  real log_dispersion = g[at + 3];
  real log_departs_centre = g[at + 4];
  vector[B] log_departs = segment(g, at + 5, B);
  real log_evaluator_centre = g[at + B + 5];
  vector[B] log_evaluator = segment(g, at + B + 6, B);
  vector[E * B] effect = segment(g, at + 2 * B + 6, E * B);
  at += 2 * B + 5 + E * B;
  real log_own_centre = g[at + 1];
  vector[B] log_own = segment(g, at + 2, B);
  real log_score_df = g[at + B + 2];
  real score_df = exp(log_score_df);

  level ~ normal(prior_level[1], prior_level[2]);
  growth_rate ~ normal(prior_growth_rate[1], prior_growth_rate[2]);
  log_dispersion ~ normal(prior_dispersion[1], prior_dispersion[2]);
  // densities are walked about where the trend and a pseudo-observation of each put them
  vector[L] trend = level + growth_rate * years;
  real dispersion = exp(log_dispersion);
  vector[L] share = inv(1 + walk_pseudo_precision * square(dispersion));
  vector[L] spread = dispersion * sqrt(share);
  vector[L] log_density
    = walk_pseudo_centre + share .* (trend - walk_pseudo_centre) + spread .* tail(g, L);
  target += sum(log(spread));
  log_density ~ normal(trend, dispersion);
  log_departs_centre ~ normal(prior_deviation_sd[1], prior_deviation_sd[2]);
  log_departs ~ normal(log_departs_centre, scale_spread);
  log_evaluator_centre ~ normal(prior_evaluator_sd[1], prior_evaluator_sd[2]);
  log_evaluator ~ normal(log_evaluator_centre, scale_spread);
  log_own_centre ~ normal(prior_overdispersion[1], prior_overdispersion[2]);
  log_own ~ normal(log_own_centre, scale_spread);
  target += gamma_lupdf(score_df | prior_score_df[1], prior_score_df[2]) + log_score_df;
  {
    // effects are walked in units of their sd where measurements are few
    vector[E * B] log_stretch = stretch_weight .* log_evaluator[effect_benchmark];
    effect = effect .* exp(log_stretch);
    target += sum(log_stretch);
    effect ~ normal(0, exp(log_evaluator)[effect_benchmark]);
  }
  {
    vector[K] log_n = (llm_log_n + log_density)[pair_llm];
    vector[K] loss = law(log_n, log_n + log_d_of_n, irreducible[pair_benchmark],
                         n_term[pair_benchmark], d_term[pair_benchmark],
                         n_exponent[pair_benchmark], d_exponent[pair_benchmark]);
    vector[K] w = -slope[pair_benchmark] .* (loss - midpoint[pair_benchmark]);
    vector[K] wide = sqrt(3) * exp(log_departs)[pair_benchmark];
    vector[K] bottom = floor_score[pair_benchmark];
    vector[K] high_of = reach[pair_benchmark];
    vector[K] low = bottom + high_of .* inv_logit(w - wide);
    vector[K] middle = bottom + high_of .* inv_logit(w);
    vector[K] high = bottom + high_of .* inv_logit(w + wide);
    vector[K] mu = (low + 4 * middle + high) / 6;
    vector[K] common
      = (square(low - mu) + 4 * square(middle - mu) + square(high - mu)) / 6
        + mu .* (1 - mu) ./ pair_items;
    vector[S] expected = mu[score_pair];
    // exponentials once a cell, not once a measurement
    vector[S] odds = expected .* exp(effect)[score_effect];
    vector[S] residual = score - odds ./ (1 - expected + odds);
    vector[M] gap = residual[met];
    vector[K] own = exp(2 * log_own)[pair_benchmark];
    residual[met] = rep_vector(0, M);
    target += grouped_student_t(residual, pair_start, pair_member, score_one, pair_count, own,
                                (2 * log_own)[pair_benchmark], common, score_df, pair_sizes,
                                pair_which);
    vector[K] total
      = csr_matrix_times_vector(K, S, score_one, pair_member, pair_start, residual);
    vector[K] squares
      = csr_matrix_times_vector(K, S, score_one, pair_member, pair_start, residual .* residual);
    target += beyond(gap, 1 - 2 * score[met], total[met_pair], squares[met_pair],
                     pair_count[met_pair], own[met_pair], common[met_pair], score_df);
  }
}
