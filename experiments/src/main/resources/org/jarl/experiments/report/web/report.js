// The report: draws what lies in the page itself.
'use strict';

(() => {
  const {element} = Jarl;
  const tasks = JSON.parse(document.getElementById('data').textContent);
  const redraw = [];

  function points(curve, values) {
    return curve.steps.map((x, i) => ({x, y: values[i]}));
  }

  function datasets(curves, single) {
    const all = [];
    for (const curve of curves) {
      const color = Jarl.color(curve.color);
      all.push({label: curve.name, data: points(curve, curve.mean), borderColor: color, backgroundColor: color});
      if (single && curve.runs.length > 1) {
        for (const run of curve.runs) {
          all.push({data: points(curve, run), borderColor: `${color}60`, borderWidth: 1, silent: true, pointHitRadius: 0});
        }
      }
      if (curve.low) {
        const edge = {borderWidth: 0, silent: true, pointHitRadius: 0};
        all.push({...edge, data: points(curve, curve.low)});
        all.push({...edge, data: points(curve, curve.high), fill: '-1', backgroundColor: `${color}26`});
      }
    }
    return all;
  }

  // Room for every run; an interval of few runs may be wider than anything that can happen.
  function range(curves, axis) {
    const all = curves.flatMap(curve => curve.runs.flat()).filter(Number.isFinite);
    const low = all.reduce((a, b) => Math.min(a, b), Infinity);
    const high = all.reduce((a, b) => Math.max(a, b), -Infinity);
    const pad = high > low ? 0.06 * (high - low) : Math.max(1e-6, 0.1 * Math.abs(high));
    axis.min = low - pad;
    axis.max = high + pad;
    axis.ticks.includeBounds = false;
  }

  function build(place, {metrics}) {
    const names = Object.keys(metrics);
    const wanted = ['returnMean100', 'evaluation/mean'].find(name => names.includes(name)) ?? names[0];
    if (wanted === undefined) {
      place.append('These runs have no steps in common.');
      return;
    }
    const select = element('select', {}, ...names.map(name => element('option', {value: name}, name)));
    select.value = wanted;
    const single = element('input', {type: 'checkbox'});
    single.checked = true;
    const canvas = element('canvas', {role: 'img'});
    const legend = element('ul', {class: 'legend'});
    place.append(
      element('div', {class: 'controls'}, element('label', {}, 'metric ', select),
        element('label', {}, single, ' single runs')),
      element('div', {class: 'canvas'}, canvas),
      legend);
    const chart = new Chart(canvas, {type: 'line', data: {datasets: []}, options: Jarl.options()});
    const draw = () => {
      const curves = metrics[select.value];
      const options = Jarl.options();
      range(curves, options.scales.y);
      options.scales.x.ticks.includeBounds = false;
      options.scales.x.max = Math.max(...curves.flatMap(curve => curve.steps.at(-1)));
      chart.options = options;
      chart.data.datasets = datasets(curves, single.checked);
      chart.update('none');
      canvas.setAttribute('aria-label', `${select.value} over agent steps: ${curves
        .map(curve => `${curve.name} ends at ${Jarl.number(curve.mean.at(-1))}`).join(', ')}`);
      legend.replaceChildren(...curves.map(curve => element('li', {}, Jarl.swatch(curve.color), curve.runs.length > 1
        ? `${curve.name}: mean of ${curve.runs.length} seeds, 95 % interval` : curve.name)));
    };
    select.addEventListener('change', draw);
    single.addEventListener('change', draw);
    redraw.push(draw);
  }

  for (const place of document.querySelectorAll('.plot')) {
    build(place, tasks[Number(place.dataset.task)]);
  }
  Jarl.onTheme(() => redraw.forEach(draw => draw()));
  Jarl.startTheme();
})();
