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
  const number = (x) => (x >= 100 ? x.toFixed(0) : String(Number(x.toPrecision(3))));
  const quantile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))];

  document.querySelectorAll(".js").forEach((element) => { element.hidden = false; });

  // --- density by date -------------------------------------------------------------------------

  const chartRuns = RUNS.filter((run) => run.llms);
  if (chartRuns.length && $("chart-box")) chart();

  function chart() {
    const box = $("chart-box"), tip = $("chart-tip"), slider = $("slider");
    const [least, most] = [20, 1500];
    const daysOf = (value) => least * (most / least) ** (value / 4000);
    const valueOf = (days) => 4000 * Math.log(days / least) / Math.log(most / least);
    let run, rates, shown = [], dots = [], chosen = -1, scale;

    fillRuns($("chart-run"), chartRuns, pick);
    for (const id of ["chart-family", "chart-size", "chart-benchmark", "chart-records"]) {
      $(id).addEventListener("input", draw);
    }
    slider.addEventListener("input", line);
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
      if (rates) {
        slider.value = valueOf(Math.min(most, Math.max(least, run.medianDays ?? most)));
      }
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
      select.replaceChildren(option("", none), ...counts.map(([name, count]) => option(name, `${name} (${count})`)));
    }

    function draw() {
      width = box.clientWidth || 600;
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
      box.setAttribute("aria-label", `Chart of ${shown.length} LLMs: density by release date. Left and right arrow keys step from LLM to LLM, Home and End go to the first and last.`);
      choose(-1);
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
      slider.setAttribute("aria-valuetext", `${days.toFixed(0)} days`);
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
      ].filter(Boolean).join(" · ")), tag("div", `density ${number(llm.density[0])} (89 % ETI ${number(llm.density[1])} to ${number(llm.density[2])})`));
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
    const unpacked = new Map();
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
          own: raw.own.map(floats), family: raw.family?.map(floats), growth: floats(raw.spreadGrowth), departure: raw.departure.map(floats),
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
        const floor = at.link[0][i * count + b], ceiling = at.link[1][i * count + b];
        const reached = Math.min(1, Math.max(0, (wantedScore - floor) / (ceiling - floor)));
        const wanted = Math.log(reached) - Math.log1p(-reached);
        const row = i * days.length + cell;
        const trend = at.trend[row] + part * (at.trend[row + 1] - at.trend[row]) + at.slope[i * count + b] * years;
        const kappa = at.kappa[i];
        for (let j = 0; j < per; j += 1) {
          const scatter = (kind === "new" ? at.own[b][i * per + j] : at.typical[i]) * Math.exp(at.growth[i] * years);
          const own = scatter + (kind === "new" && at.family ? at.family[b][i * per + j] : 0);
          const departure = kind === "new" ? at.departure[b][i * per + j] : 0;
          const size = sizeFor(at, raw, i, b, wanted, departure);
          let log = (size - trend - own + kappa * raw.meanLogN) / (1 + kappa);
          if (kappa <= -1 && size !== -Infinity) log = Infinity;
          found[i * per + j] = Math.exp(log);
        }
      }
      return found.sort();
    }

    function answer() {
      const out = $("size-answer"), { run, raw } = current();
      const wanted = Number(score.value), day = dayOf(date.value), b = Number(benchmark.value);
      if (!(wanted > 0 && wanted < 1) || Number.isNaN(day) || day < raw.days[0] || day > raw.trend.days.at(-1)) {
        out.replaceChildren(tag("p", `Give a score between 0 and 1 and a date from ${date.min} to ${date.max}.`));
        $("size-box").replaceChildren();
        return;
      }
      const draws = needed("new", b, wanted, day), typical = needed("typical", b, wanted, day);
      const told = (sorted) => [0.5, 0.25, 0.75, 0.055, 0.945, 0.025, 0.975].map((p) => quantile(sorted, p));
      const [middle, , , , , low, high] = told(draws);
      const name = raw.benchmarks[b], mark = run.mark ? `${run.mark}: ` : "";
      const never = draws.reduce((sum, n) => sum + (n === Infinity), 0) / draws.length;
      const words = middle === Infinity ? `${mark}most likely no number of parameters is enough`
        : middle === 0 ? `${mark}any LLM reaches that` : `${mark}${short(middle)} parameters, 95 % interval ${short(low)} to ${short(high)}`;
      const lines = tag("ul");
      lines.append(tag("li", `New LLM, released ${date.value}, for ${wanted} on ${name}: ${span(told(draws))}.`));
      lines.append(tag("li", `Typical LLM: ${span(told(typical))}.`));
      lines.append(tag("li", `P(never: no number of parameters is enough) = ${never.toFixed(3)}.`));
      for (const text of flags(raw, b, wanted, day, draws)) {
        const flag = tag("li", undefined, "flag");
        flag.append(tag("strong", "extrapolates: "), text);
        lines.append(flag);
      }
      out.replaceChildren(tag("p", words, "big"), lines);
      out.dataset.median = middle;
      out.dataset.low = low;
      out.dataset.high = high;
      out.dataset.typical = told(typical)[0];
      out.dataset.never = never;
      bars(told(draws), told(typical), raw);
    }

    const span = ([median, a, b, c, d, e, f]) => `median ${short(median)}; 50 % ETI ${short(a)} to ${short(b)}, 89 % ${short(c)} to ${short(d)}, 95 % ${short(e)} to ${short(f)}`;

    function flags(raw, b, wanted, day, draws) {
      const found = [], [lowest, highest] = raw.scores[b], [least, most] = raw.sizes;
      if (day > raw.days[1]) found.push(`${iso(day)} is ${((day - raw.days[1]) / YEAR).toFixed(1)} years after the last LLM of the data`);
      if (wanted < lowest || wanted > highest) found.push(`no score was seen outside ${lowest.toFixed(3)} to ${highest.toFixed(3)} on this benchmark`);
      const above = draws.reduce((sum, n) => sum + (n > most), 0) / draws.length;
      const below = draws.reduce((sum, n) => sum + (n < least), 0) / draws.length;
      if (above >= 0.005) found.push(`${share(above)} of the answer lies above the largest LLM of the data (${short(most)})`);
      if (below >= 0.005) found.push(`${share(below)} of the answer lies below the smallest LLM of the data (${short(least)})`);
      return found;
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
  document.documentElement.dataset.ready = "yes";
})();
