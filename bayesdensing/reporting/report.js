"use strict";
// Text of the data only ever becomes text nodes or attributes: nothing here parses HTML.
(() => {
  const RUNS = JSON.parse(document.getElementById("numbers").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const BLUE = "#0072b2", ORANGE = "#d55e00", INK = "#222", GREY = "#595959";
  const DAY = 86400000, YEAR = 365.25;
  const $ = (id) => document.getElementById(id);
  const svg = (name, attributes, ...children) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const tag = (name, text, kind) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const option = (value, text) => {
    const made = tag("option", text);
    made.value = value;
    return made;
  };
  const iso = (day) => new Date(day * DAY).toISOString().slice(0, 10);
  const dayOf = (text) => Date.parse(`${text}T00:00:00Z`) / DAY;
  const floats = (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  };
  const short = (n) => {
    if (n === Infinity) return "never";
    if (n === 0) return "any";
    if (n >= 1e15 || n < 1e3) return n.toExponential(1);
    const [unit, letter] = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "K"]].find(([u]) => n >= 0.9995 * u);
    return `${Number((n / unit).toPrecision(3))}\u00a0${letter}`;
  };
  const power = (decade) => (decade > -3 && decade < 5 ? String(Number((10 ** decade).toPrecision(1)))
    : `10${[...String(decade)].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("")}`);
  const share = (p) => (p > 0 && p < 0.005 ? "below 1 %" : `${Math.round(100 * p)} %`);
  const number = (x) => (x >= 100 ? Number(x.toPrecision(3)).toLocaleString("en") : String(Number(x.toPrecision(3))));
  const quantile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))];

  document.querySelectorAll(".js").forEach((element) => { element.hidden = false; });

  // --- density by date -------------------------------------------------------------------------

  const chartRuns = RUNS.filter((run) => run.llms);
  if (chartRuns.length && $("chart-box")) chart();

  function chart() {
    const box = $("chart-box"), tip = $("chart-tip"), slider = $("slider");
    const [least, most] = [20, 1500];
    const daysOf = (value) => Math.round(least * (most / least) ** (value / 4000));
    const valueOf = (days) => 4000 * Math.log(days / least) / Math.log(most / least);
    let run, rates, shown = [], dots = [], chosen = -1, moved = false, scale;

    fillRuns($("chart-run"), chartRuns, pick);
    for (const id of ["chart-family", "chart-size", "chart-benchmark", "chart-records"]) {
      $(id).addEventListener("input", draw);
    }
    const move = (days) => {
      slider.value = valueOf(Math.min(most, Math.max(least, days)));
      line();
    };
    slider.addEventListener("input", () => {
      moved = true;
      line();
    });
    slider.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (!step) return;
      event.preventDefault();
      moved = true;
      move(daysOf(Number(slider.value)) + step);
    });
    let width = 0;
    new ResizeObserver(() => {
      if (Math.abs(box.clientWidth - width) > 2) draw();
    }).observe(box);

    function pick() {
      run = chartRuns[$("chart-run").value || 0];
      rates = run.rate ? floats(run.rate).sort() : null;
      refill($("chart-family"), "all", countBy(run.llms.map((llm) => llm.family)));
      refill($("chart-benchmark"), "any benchmark", countBy(run.llms.flatMap((llm) => Object.keys(llm.scores))));
      $("chart-size").parentElement.hidden = run.llms.every((llm) => llm.n === undefined);
      $("chart-benchmark").parentElement.hidden = run.llms.every((llm) => !Object.keys(llm.scores).length);
      $("chart-family").parentElement.hidden = run.llms.every((llm) => !llm.family);
      $("slider-row").hidden = !rates;
      $("chart-dashed").hidden = !rates;
      if (rates && !moved) slider.value = valueOf(Math.min(most, Math.max(least, run.medianDays ?? most)));
      const best = new Map();
      for (const llm of run.llms) if (!(best.get(llm.day)?.density[0] >= llm.density[0])) best.set(llm.day, llm);
      let high = 0;
      for (const llm of [...best.values()].sort((a, b) => a.day - b.day)) {
        llm.record = llm.density[0] > high;
        high = Math.max(high, llm.density[0]);
      }
      draw();
    }

    function refill(select, none, counts) {
      const before = select.value;
      select.replaceChildren(option("", none), ...counts.map(([name, count]) => option(name, `${name} (${count})`)));
      if (counts.some(([name]) => name === before)) select.value = before;
    }

    function draw() {
      width = box.clientWidth || 600;
      const kept = shown[chosen];
      const height = Math.round(Math.max(300, Math.min(480, width * 0.56)));
      const margin = { left: 60, right: 12, top: 14, bottom: 42 };
      const family = $("chart-family").value, benchmark = $("chart-benchmark").value;
      const [low, high] = ($("chart-size").value || "0-1e30").split("-").map(Number);
      shown = run.llms.filter((llm) => (!family || llm.family === family)
        && (llm.n === undefined || (llm.n >= low && llm.n < high))
        && (!benchmark || benchmark in llm.scores)).sort((a, b) => a.day - b.day);
      const curve = run.trend;
      const every = run.llms.map((llm) => llm.density[0]).concat(curve.lo89, curve.hi89);
      const first = curve.days[0], last = curve.days.at(-1), pad = Math.max(20, 0.03 * (last - first));
      const bottom = Math.log(Math.min(...every)) - 0.4, top = Math.log(Math.max(...every)) + 0.4;
      const x = (day) => margin.left + (day - first + pad) / (last - first + 2 * pad) * (width - margin.left - margin.right);
      const y = (density) => margin.top + (top - Math.log(density)) / (top - bottom) * (height - margin.top - margin.bottom);
      scale = { x, y, width, height, margin, first: first - pad, last: last + pad };
      const path = (days, values) => days.map((day, i) => `${i ? "L" : "M"}${x(day).toFixed(1)},${y(values[i]).toFixed(1)}`).join("");
      const band = (lower, upper, opacity) => svg("path", {
        d: `${path(curve.days, upper)}${path([...curve.days].reverse(), [...lower].reverse()).replace("M", "L")}Z`,
        fill: BLUE, "fill-opacity": opacity,
      });
      const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, "font-size": 12, "aria-hidden": "true" });
      root.append(svg("clipPath", { id: "inside" }, svg("rect", {
        x: margin.left, y: margin.top, width: width - margin.left - margin.right, height: height - margin.top - margin.bottom,
      })));
      axes(root, x, y, bottom, top);
      const inside = svg("g", { "clip-path": "url(#inside)" });
      inside.append(band(curve.lo89, curve.hi89, 0.16), band(curve.lo50, curve.hi50, 0.28));
      const points = svg("g", {});
      dots = shown.map((llm) => {
        const dot = svg("circle", {
          cx: x(llm.day).toFixed(1), cy: y(llm.density[0]).toFixed(1), r: width < 500 ? 2.8 : 3.6,
          fill: INK, "fill-opacity": 0.6, stroke: llm.record ? ORANGE : "none", "stroke-width": 2.2,
        });
        points.append(dot);
        return dot;
      });
      const best = run.llms.filter((llm) => llm.record).sort((a, b) => a.day - b.day);
      const steps = best.map((llm, i) => `${i ? `H${x(llm.day).toFixed(1)}V` : `M${x(llm.day).toFixed(1)},`}${y(llm.density[0]).toFixed(1)}`).join("");
      if (best.length) inside.append(svg("path", { d: `${steps}H${x(last).toFixed(1)}`, fill: "none", stroke: ORANGE, "stroke-opacity": 0.55 }));
      inside.append(points, svg("path", { d: path(curve.days, curve.median), fill: "none", stroke: BLUE, "stroke-width": 2.4 }));
      inside.append(svg("path", { id: "implied", fill: "none", stroke: ORANGE, "stroke-width": 2, "stroke-dasharray": "7 5" }));
      inside.append(svg("g", { id: "chosen" }));
      root.append(inside);
      if ($("chart-records").checked) names(root, x, y, width);
      box.replaceChildren(root);
      box.tabIndex = 0;
      box.setAttribute("role", "application");
      box.setAttribute("aria-label", `Chart of ${shown.length} ${run.published ? "values" : "LLMs"} of ${run.name}: ${run.published ? "value" : "density"} by release date. Left and right arrow keys step from one to the next, Home and End go to the first and last.`);
      const told = [["chart-family", family], ["chart-size", $("chart-size").value], ["chart-benchmark", benchmark]]
        .filter(([, value]) => value).map(([id]) => $(id).selectedOptions[0].textContent);
      $("chart-named").textContent = `Shown: ${[run.name, ...told].join("; ")}.`;
      $("chart-none").hidden = shown.length > 0;
      choose(shown.indexOf(kept));
      line();
    }

    function axes(root, x, y, bottom, top) {
      const { width, height, margin } = scale;
      const text = (attributes, content) => root.append(svg("text", { fill: INK, ...attributes }, content));
      const step = width < 500 ? 2 : 1;
      for (let decade = Math.ceil(bottom / Math.LN10); decade <= top / Math.LN10; decade += step) {
        const at = y(10 ** decade);
        root.append(svg("line", { x1: margin.left, x2: width - margin.right, y1: at, y2: at, stroke: "#e6e6e6" }));
        text({ x: margin.left - 7, y: at + 4, "text-anchor": "end" }, power(decade));
      }
      const from = new Date(scale.first * DAY).getUTCFullYear(), to = new Date(scale.last * DAY).getUTCFullYear();
      const every = (width - margin.left) / (to - from + 1) < 46 ? 2 : 1;
      for (let year = from + 1; year <= to; year += 1) {
        const at = x(Date.UTC(year, 0, 1) / DAY);
        root.append(svg("line", { x1: at, x2: at, y1: height - margin.bottom, y2: height - margin.bottom + 5, stroke: GREY }));
        if ((year - from) % every === 0) text({ x: at, y: height - margin.bottom + 19, "text-anchor": "middle" }, String(year));
      }
      root.append(svg("line", { x1: margin.left, x2: width - margin.right, y1: height - margin.bottom, y2: height - margin.bottom, stroke: GREY }));
      text({ x: (margin.left + width) / 2, y: height - 4, "text-anchor": "middle", fill: GREY }, "release date");
      text({ x: 13, y: (height - margin.bottom) / 2, "text-anchor": "middle", fill: GREY, transform: `rotate(-90 13 ${(height - margin.bottom) / 2})` },
        run.quantity === "capability density" ? "effective ÷ actual parameters" : run.quantity);
    }

    function names(root, x, y, width) {
      const taken = [];
      const size = width < 500 ? 10 : 11;
      const records = shown.filter((llm) => llm.record).reverse();
      let count = 0;
      for (const llm of records) {
        const wide = llm.name.length * size * 0.56, at = y(llm.density[0]) - 7;
        const right = x(llm.day) - 6, left = right - wide;
        if (count > 7 || left < scale.margin.left || taken.some(([l, r, v]) => left < r + 6 && right > l - 6 && Math.abs(at - v) < size + 4)) continue;
        taken.push([left, right, at]);
        count += 1;
        root.append(svg("text", {
          x: right, y: at, "text-anchor": "end", "font-size": size, fill: INK, stroke: "#fff", "stroke-width": 3, "paint-order": "stroke",
        }, llm.name));
      }
    }

    function line() {
      const days = daysOf(Number(slider.value)), rate = Math.LN2 / days * YEAR;
      $("slider-days").textContent = days.toFixed(0);
      slider.setAttribute("aria-valuetext", `doubling every ${days} days, a factor of ${number(Math.exp(rate))} a year`);
      const drawn = $("implied");
      if (!rates || !drawn) return;
      const at = (day) => run.through.density * Math.exp(rate * (day - run.through.day) / YEAR);
      const ends = [scale.first, scale.last];
      drawn.setAttribute("d", `M${scale.x(ends[0])},${scale.y(at(ends[0]))}L${scale.x(ends[1])},${scale.y(at(ends[1]))}`);
      const faster = rates.reduce((sum, own) => sum + (own >= rate), 0) / rates.length;
      $("slider-text").textContent = `That is a factor of ${number(Math.exp(rate))} a year. Posterior probability that ${run.quantity} doubles at least this fast: ${share(faster)}.`;
    }

    function choose(place) {
      chosen = place;
      const mark = $("chosen");
      mark?.replaceChildren();
      tip.style.visibility = "hidden";
      if (place < 0 || !shown[place]) return;
      const llm = shown[place], x = scale.x(llm.day), y = scale.y(llm.density[0]);
      mark.append(
        svg("line", { x1: x, x2: x, y1: scale.y(llm.density[1]), y2: scale.y(llm.density[2]), stroke: INK, "stroke-width": 2 }),
        svg("circle", { cx: x, cy: y, r: 6.5, fill: ORANGE, stroke: "#fff", "stroke-width": 2 }),
      );
      const scores = Object.entries(llm.scores).map(([name, score]) => `${name} ${(100 * score).toFixed(1)}`).join(", ");
      tip.replaceChildren(tag("strong", llm.name), tag("div", [
        iso(llm.day), llm.n === undefined ? "" : `${short(llm.n)} parameters`, llm.family,
      ].filter(Boolean).join(" · ")), tag("div", `${run.published ? "value" : "density"} ${number(llm.density[0])} (89 % ETI ${number(llm.density[1])} to ${number(llm.density[2])})`));
      if (scores) tip.append(tag("div", scores));
      tip.style.visibility = "visible";
      if (scale.width < 500) {  // where there is no room beside a dot, the far end of the chart
        tip.style.left = "0px";
        tip.style.top = y < scale.height / 2 ? `${scale.height - tip.offsetHeight}px` : "0px";
        return;
      }
      const room = box.clientWidth - tip.offsetWidth;
      tip.style.left = `${Math.max(0, Math.min(room, x > scale.width / 2 ? x - tip.offsetWidth - 14 : x + 14))}px`;
      tip.style.top = `${Math.max(0, Math.min(scale.height - tip.offsetHeight, y - tip.offsetHeight / 2))}px`;
    }

    function nearest(event) {
      const bounds = box.getBoundingClientRect();
      const x = event.clientX - bounds.left, y = event.clientY - bounds.top;
      let found = -1, best = 26 ** 2;
      shown.forEach((llm, i) => {
        const away = (scale.x(llm.day) - x) ** 2 + (scale.y(llm.density[0]) - y) ** 2;
        if (away < best) [found, best] = [i, away];
      });
      return found;
    }
    box.addEventListener("pointermove", (event) => choose(nearest(event)));
    box.addEventListener("pointerdown", (event) => choose(nearest(event)));
    box.addEventListener("pointerleave", (event) => { if (event.pointerType === "touch") return; if (document.activeElement !== box) choose(-1); });
    box.addEventListener("blur", () => choose(-1));
    box.addEventListener("keydown", (event) => {
      const end = shown.length - 1;
      const to = { ArrowRight: chosen + 1, ArrowLeft: chosen < 0 ? end : chosen - 1, Home: 0, End: end }[event.key];
      if (event.key === "Escape") choose(-1);
      if (to === undefined || end < 0) return;
      event.preventDefault();
      choose(Math.max(0, Math.min(end, to)));
    });
    pick();
  }

  function countBy(values) {
    const counts = new Map();
    for (const value of values) if (value) counts.set(value, (counts.get(value) || 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  }

  function fillRuns(select, runs, then) {
    select.replaceChildren(...runs.map((run, i) => option(i, run.mark ? `${run.name} (${run.mark})` : run.name)));
    select.parentElement.hidden = runs.length < 2;
    select.addEventListener("input", then);
  }

  // --- how big a model -------------------------------------------------------------------------

  const sizeRuns = RUNS.filter((run) => run.sizes);
  if (sizeRuns.length && $("size-form")) sizes();

  function sizes() {
    const unpacked = new Map(), PARTS = [0.5, 0.25, 0.75, 0.055, 0.945, 0.025, 0.975];
    const benchmark = $("size-benchmark"), score = $("size-score"), date = $("size-date");
    fillRuns($("size-run"), sizeRuns, pick);
    $("size-form").addEventListener("submit", (event) => event.preventDefault());
    let waiting;
    for (const input of [benchmark, score, date]) {
      input.addEventListener("input", () => {
        clearTimeout(waiting);
        waiting = setTimeout(answer, 60);
      });
    }

    function current() {
      const run = sizeRuns[$("size-run").value || 0], raw = run.sizes;
      if (!unpacked.has(run)) {
        unpacked.set(run, {
          law: raw.law.map(floats), link: raw.link.map(floats), typical: floats(raw.typical),
          own: floats(raw.own), family: raw.family && floats(raw.family), growth: floats(raw.spreadGrowth),
          departure: floats(raw.departure), deviation: floats(raw.deviation),
          kappa: floats(raw.sizeExponent), slope: floats(raw.slope), trend: floats(raw.trend.values),
        });
      }
      return { run, raw, at: unpacked.get(run) };
    }

    function pick() {
      const { raw } = current(), before = benchmark.value;
      benchmark.replaceChildren(...raw.benchmarks.map((name, i) => option(i, name)));
      if (raw.benchmarks[before]) benchmark.value = before;
      date.min = iso(raw.days[0]);
      date.max = iso(Math.floor(raw.trend.days.at(-1)));
      if (!date.value) date.value = iso(raw.days[1] + 183);
      answer();
    }

    /** Natural log of the effective size at which a score is reached; as Ruler.log_size_for. */
    function sizeFor(at, raw, i, b, wanted, departure) {
      const count = raw.benchmarks.length, k = i * count + b;
      const [E, A, a, B, e] = at.law.map((values) => values[k]);
      const [, , middle, slope] = at.link.map((values) => values[k]);
      const target = raw.onSize ? wanted : wanted - departure;
      const logTokens = Math.log(raw.tokens.value), ratio = raw.tokens.rule === "ratio";
      let low = -50, high = 120;
      for (let step = 0; step < 46; step += 1) {
        const size = (low + high) / 2;
        const loss = E + A * Math.exp(-a * size) + B * Math.exp(-e * (ratio ? size + logTokens : logTokens));
        if (-slope * (loss - middle) >= target) high = size; else low = size;
      }
      const found = high >= 120 - 1e-9 ? Infinity : low <= -50 ? -Infinity : (low + high) / 2;
      return raw.onSize ? found - departure : found;
    }

    function needed(kind, b, wantedScore, day) {
      const { raw, at } = current(), count = raw.benchmarks.length;
      const days = raw.trend.days, years = (day - raw.referenceDay) / YEAR;
      let cell = 0;
      while (cell < days.length - 2 && days[cell + 1] < day) cell += 1;
      const part = (day - days[cell]) / (days[cell + 1] - days[cell]);
      const per = kind === "new" ? raw.perDraw : 1;
      const found = new Float64Array(raw.draws * per);
      for (let i = 0; i < raw.draws; i += 1) {
        const wanted = logit(at, i * count + b, wantedScore);
        const row = i * days.length + cell;
        const trend = at.trend[row] + part * (at.trend[row + 1] - at.trend[row]) + at.slope[i * count + b] * years;
        const kappa = at.kappa[i];
        for (let j = 0; j < per; j += 1) {
          const llm = i * per + j, fresh = kind === "new";
          const scatter = (fresh ? at.own[llm] : at.typical[i]) * Math.exp(at.growth[i] * years);
          const own = scatter + (fresh && at.family ? at.family[llm] : 0);
          const departure = fresh ? at.departure[llm] * at.deviation[i * count + b] : 0;
          const size = sizeFor(at, raw, i, b, wanted, departure);
          let log = (size - trend - own + kappa * raw.meanLogN) / (1 + kappa);
          if (kappa <= -1 && size !== -Infinity) log = Infinity;
          found[i * per + j] = Math.exp(log);
        }
      }
      return found;
    }

    /** The link's argument at a score: minus infinity at the floor or below, infinite at the ceiling. */
    function logit(at, k, score) {
      const floor = at.link[0][k], ceiling = at.link[1][k];
      const reached = Math.min(1, Math.max(0, (score - floor) / (ceiling - floor)));
      return Math.log(reached) - Math.log1p(-reached);
    }

    function answer() {
      const out = $("size-answer"), { run, raw, at } = current();
      const wanted = Number(score.value), day = dayOf(date.value), b = Number(benchmark.value);
      if (!(wanted > 0 && wanted < 1) || Number.isNaN(day) || day < raw.days[0] || day > raw.trend.days.at(-1)) {
        out.replaceChildren(tag("p", `Give a score between 0 and 1 and a date from ${date.min} to ${date.max}.`));
        $("size-box").replaceChildren();
        return;
      }
      const fresh = needed("new", b, wanted, day), error = endErrors(fresh, raw);
      const draws = fresh.sort(), typical = needed("typical", b, wanted, day).sort();
      const told = (sorted) => PARTS.map((p) => quantile(sorted, p));
      const [middle, , , , , low, high] = told(draws);
      const name = raw.benchmarks[b], mark = run.mark ? `${run.mark}: ` : "";
      const never = draws.reduce((sum, n) => sum + (n === Infinity), 0) / draws.length;
      const words = middle === Infinity ? `${mark}most likely no number of parameters is enough`
        : middle === 0 ? `${mark}most likely any number of parameters is enough`
          : `${mark}${short(middle)} parameters, 95 % interval ${between(low, high)}`;
      $("size-named").textContent = `By ${run.name}.`;
      const lines = tag("ul");
      lines.append(tag("li", `New LLM, released ${date.value}, for ${wanted} on ${name}: ${span(told(draws))}.`));
      lines.append(tag("li", `Typical LLM: ${span(told(typical))}.`));
      lines.append(tag("li", `P(never: no number of parameters is enough) = ${thousandths(never)}.`));
      if (error > 0.02) lines.append(tag("li", `Monte-Carlo error of the ends of the 95 % interval: about ${Math.round(100 * error)} % of its width.`));
      const found = flags(raw, at, b, wanted, day, draws);
      for (const [kind, text] of found) {
        const flag = tag("li", undefined, "flag");
        flag.append(tag("strong", `extrapolation, ${kind}:`), ` ${text}`);
        lines.append(flag);
      }
      if (!found.length) lines.append(tag("li", raw.inside));
      out.replaceChildren(tag("p", words, "big"), lines);
      Object.assign(out.dataset, { median: middle, low, high, typical: told(typical)[0], never, error });
      bars(told(draws), told(typical), raw);
    }

    /** Monte-Carlo error of the ends of the 95 % interval over its width, both of logs: from ten blocks of draws. */
    function endErrors(fresh, raw) {
      const blocks = 10, size = Math.floor(raw.draws / blocks) * raw.perDraw;
      const ends = [[], []];
      for (let k = 0; k < blocks; k += 1) {
        const block = fresh.slice(k * size, (k + 1) * size).sort();
        [0.025, 0.975].forEach((p, end) => ends[end].push(Math.log(quantile(block, p))));
      }
      const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const [low, high] = ends.map(mean);
      const errors = ends.map((own) => Math.sqrt(mean(own.map((value) => (value - mean(own)) ** 2)) / (blocks - 1)));
      return Math.max(...errors.filter(Number.isFinite), 0) / (high - low);
    }

    const between = (low, high) => (low === Infinity ? "never enough" : high === 0 ? "any is enough" : `${short(low)} to ${short(high)}`);
    const span = ([median, a, b, c, d, e, f]) => `median ${median === Infinity ? "never enough" : median === 0 ? "any is enough" : short(median)}; 50 % ETI ${between(a, b)}, 89 % ${between(c, d)}, 95 % ${between(e, f)}`;
    const thousandths = (p) => (p > 0 && p < 0.0005 ? "<0.001" : p.toFixed(3));

    /** What `forecast` flags, in its words and by its definitions: pairs of kind and text. */
    function flags(raw, at, b, wanted, day, draws) {
      const count = raw.benchmarks.length, [lowest, highest] = raw.scores[b], [least, most] = raw.sizes;
      const share = (holds) => holds.reduce((sum, hit) => sum + hit, 0) / holds.length;
      const each = (holds) => Array.from({ length: raw.draws }, (_, i) => holds(i * count + b, i));
      const needs = each((k, i) => sizeFor(at, raw, i, b, logit(at, k, wanted), 0));
      const holds = [
        ["late", day > raw.days[1]], ["early", day < raw.days[0]],
        ["unseen", !(lowest <= wanted && wanted <= highest)],
        ["ceiling", share(each((k) => at.link[1][k] <= wanted))], ["floor", share(each((k) => at.link[0][k] >= wanted))],
        ["above", share([...draws].map((n) => n > most))], ["below", share([...draws].map((n) => n < least))],
        ["past runs", share(needs.map((size) => size > Math.log(raw.reference)))],
        ["past sizes", share(needs.map((size) => size > Math.log(raw.effective)))],
      ];
      const asked = { date: iso(day), years: ((day - raw.days[1]) / YEAR).toFixed(1), score: String(Number(wanted.toPrecision(6))) };
      return holds.filter(([, hit]) => hit).map(([occasion, hit]) => {
        const [kind, words] = raw.flags[b][occasion];
        const text = words.replace(/\{(\w+)\}/g, (_, place) => asked[place]);
        return [kind, hit === true ? text : `${text} (probability ${thousandths(hit)})`];
      });
    }

    function bars(fresh, typical, raw) {
      const box = $("size-box"), width = box.clientWidth || 600, height = 116, left = 72, right = 14;
      const finite = [...fresh, ...typical].filter((n) => n > 0 && n < Infinity).map(Math.log10);
      box.replaceChildren();
      if (!finite.length) return;
      const low = Math.floor(Math.min(...finite, 8)), high = Math.ceil(Math.min(18, Math.max(...finite, 11)));
      const x = (n) => left + (Math.min(high, Math.max(low, n === Infinity ? high : Math.log10(n || 1))) - low) / (high - low) * (width - left - right);
      const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, "font-size": 12, role: "img", "aria-label": "Intervals of the parameters needed, on a logarithmic axis" });
      root.append(svg("rect", { x: x(raw.sizes[0]), y: 6, width: Math.max(0, x(raw.sizes[1]) - x(raw.sizes[0])), height: 76, fill: "#f1f1f1" }));
      root.append(svg("text", { x: Math.max(left, x(raw.sizes[0])) + 4, y: 18, fill: GREY, "font-size": 11 }, "sizes in the data"));
      for (let decade = low; decade <= high; decade += 1) {
        const at = x(10 ** decade);
        root.append(svg("line", { x1: at, x2: at, y1: 82, y2: 87, stroke: GREY }));
        if (width > 480 || (decade - low) % 2 === 0) root.append(svg("text", { x: at, y: 101, "text-anchor": decade === high ? "end" : "middle", fill: INK }, short(10 ** decade)));
      }
      root.append(svg("line", { x1: left, x2: width - right, y1: 82, y2: 82, stroke: GREY }));
      [["new", fresh, 36, BLUE], ["typical", typical, 64, ORANGE]].forEach(([name, [median, a, b, c, d, e, f], y, colour]) => {
        root.append(svg("text", { x: left - 10, y: y + 4, "text-anchor": "end", fill: INK }, name));
        for (const [from, to, thick] of [[e, f, 2], [c, d, 6], [a, b, 11]]) {
          root.append(svg("line", { x1: x(from), x2: Math.max(x(from) + 1, x(to)), y1: y, y2: y, stroke: colour, "stroke-width": thick }));
        }
        root.append(svg("circle", { cx: x(median), cy: y, r: 4.5, fill: "#fff", stroke: INK, "stroke-width": 2 }));
      });
      box.append(root);
    }
    new ResizeObserver(() => { if (date.value) answer(); }).observe($("size-box"));
    pick();
  }
  // --- print -----------------------------------------------------------------------------------

  // what is folded is read on paper too, and folded again after
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const part of opened) part.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });
  document.documentElement.dataset.ready = "yes";
})();
