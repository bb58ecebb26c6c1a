// The live page: server-sent events in, curves out. It asks for data and changes nothing.
'use strict';

(() => {
  const at = id => document.getElementById(id);
  const {element, number} = Jarl;
  const FIRST = ['returnMean100', 'evaluation/iqm', 'evaluation/mean', 'evaluation/std'];
  const LAST = ['lengthMean100', 'agentStepsPerSecond', 'updates', 'episodes', 'checkpointSeconds'];
  const MOST = 12;
  const FEW = 30;              // fewer points than this are shown one by one, and not smoothed

  let live = null;             // name of the run in the server's process
  let known = [];              // [{run, finished}]
  let chosen = null;           // names in the order of their colours; null before the first list
  let events = null;
  let ended = false;
  const runs = new Map();      // name -> {metrics: Map(name -> {x, y}), status, times, details}
  const charts = new Map();    // metric -> {chart, figure, latest}
  let drawing = false;

  function data(name) {
    if (!runs.has(name)) {
      runs.set(name, {metrics: new Map(), status: null, times: [], details: null});
    }
    return runs.get(name);
  }

  // ---- the line to the server

  function connect() {
    events?.close();
    const query = (chosen ?? []).map(name => `run=${encodeURIComponent(name)}`).join('&');
    events = new EventSource(`events?${query}`);
    const on = (type, take) => events.addEventListener(type, event => take(JSON.parse(event.data)));
    events.addEventListener('open', () => { at('connection').textContent = live ? 'live' : 'connected'; });
    events.addEventListener('error', () => { at('connection').textContent = 'no connection: trying again'; });
    on('runs', takeRuns);
    on('points', takePoints);
    on('status', takeStatus);
    on('end', () => {
      ended = true;
      events.close();
      at('connection').textContent = 'the program has ended';
      showFacts();
      listRuns();
    });
  }

  function takeRuns(list) {
    live = list.live;
    known = list.runs;
    at('picture').hidden = live === null;
    if (chosen === null) {
      const first = live ?? known[0]?.run;
      chosen = first === undefined ? [] : [first];
      choose();
    }
    listRuns();
  }

  function takePoints(message) {
    const {metrics} = data(message.run);
    if (message.restart) {
      metrics.clear();
    }
    for (const [name, news] of Object.entries(message.metrics)) {
      if (!metrics.has(name)) {
        metrics.set(name, {x: [], y: []});
      }
      const {x, y} = metrics.get(name);
      x.length = news.from;
      y.length = news.from;
      x.push(...news.steps);
      y.push(...news.values.map(value => value ?? NaN));
    }
    draw();
  }

  function takeStatus(status) {
    const run = data(status.run);
    run.status = status;
    if (status.problem) {
      at('empty').textContent = status.problem;
      return;
    }
    run.times.push({time: performance.now(), steps: status.agentSteps});
    while (run.times.length > 2 && run.times.at(-1).time - run.times[0].time > 10000) {
      run.times.shift();
    }
    if (status.here && status.noPicture) {
      at('screen').hidden = true;
      at('no-picture').hidden = false;
      at('no-picture').textContent = status.noPicture;
    }
    showFacts();
  }

  // ---- the choice of runs

  function choose() {
    for (const name of chosen) {
      fetchDetails(name);
    }
    at('focus').textContent = focus() ?? '';
    document.title = focus() ? `${focus()} - Jarl` : 'Jarl';
    connect();
    listRuns();
    draw();
    showFacts();
    showSettings();
  }

  // The run whose progress is shown.
  function focus() {
    return chosen?.includes(live) ? live : chosen?.[0];
  }

  function listRuns() {
    const wanted = at('filter').value.toLowerCase();
    at('search').hidden = known.length < 8;
    const held = document.activeElement?.value;
    const inList = at('runs').contains(document.activeElement);
    at('runs').replaceChildren(...known
      .filter(({run}) => run.toLowerCase().includes(wanted))
      .map(({run, finished}) => {
        const box = element('input', {type: 'checkbox', value: run});
        const place = chosen?.indexOf(run) ?? -1;
        box.checked = place >= 0;
        box.disabled = place < 0 && chosen?.length >= MOST;
        box.addEventListener('change', () => {
          chosen = box.checked ? [...chosen, run] : chosen.filter(name => name !== run);
          choose();
        });
        const over = finished || runs.get(run)?.status?.finished;
        const state = over ? '' : run === live && !ended ? 'live' : 'unfinished';
        const label = element('label', {}, box);
        if (place >= 0) {
          label.append(Jarl.swatch(place));
        }
        label.append(element('span', {}, run), element('small', {}, state));
        return element('li', {}, label);
      }));
    if (inList) {
      [...at('runs').querySelectorAll('input')].find(box => box.value === held)?.focus();
    }
  }

  async function fetchDetails(name) {
    const run = data(name);
    if (run.details === null) {
      run.details = {};
      const answer = await fetch(`run?name=${encodeURIComponent(name)}`);
      run.details = answer.ok ? await answer.json() : {};
      showSettings();
    }
  }

  // ---- progress

  function duration(seconds) {
    const whole = Math.round(seconds);
    const two = part => String(part).padStart(2, '0');
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  }

  function latest(run, metric) {
    return run.metrics.get(metric)?.y.at(-1);
  }

  function showFacts() {
    const name = focus();
    const run = name === undefined ? null : data(name);
    if (!run?.status || run.status.problem) {
      return;
    }
    const {agentSteps, goal, finished, checkpoints} = run.status;
    at('progress').value = goal > 0 ? Math.min(1, agentSteps / goal) : 0;
    const share = goal > 0 ? ` of ${Jarl.steps(goal)}, ${Math.floor(100 * Math.min(1, agentSteps / goal))} %` : '';
    at('steps').replaceChildren(agentSteps.toLocaleString('en'), element('small', {}, share));
    const moving = !finished && !ended && run.times.length > 1;
    const span = moving ? run.times.at(-1).time - run.times[0].time : 0;
    const now = span > 500 ? 1000 * (run.times.at(-1).steps - run.times[0].steps) / span : 0;
    const speed = now > 0 ? now : latest(run, 'agentStepsPerSecond');
    at('speed').textContent = speed > 0 ? Math.round(speed).toLocaleString('en') : '-';
    at('remaining').textContent = finished ? 'finished'
      : ended ? '-' : now > 0 ? duration((goal - agentSteps) / now) : '-';
    at('episodes').textContent = number(latest(run, 'episodes'));
    at('return').textContent = number(latest(run, 'returnMean100'));
    at('checkpoints').textContent = checkpoints.length > 0 ? checkpoints.map(Jarl.steps).join(', ') : 'none yet';
    at('checkpoints').title = checkpoints.join(', ');
  }

  // ---- hyper-parameters

  function flat(tree, path, into) {
    if (tree !== null && typeof tree === 'object' && !Array.isArray(tree) && Object.keys(tree).length > 0) {
      for (const [key, value] of Object.entries(tree)) {
        flat(value, path === '' ? key : `${path}.${key}`, into);
      }
    } else {
      into.set(path, typeof tree === 'string' ? tree : JSON.stringify(tree));
    }
    return into;
  }

  function showSettings() {
    const settings = chosen.map(name => flat(data(name).details?.config ?? {}, '', new Map()));
    const keys = [...new Set(settings.flatMap(one => [...one.keys()]))].filter(key => key !== '');
    const column = text => element('th', {scope: 'col'}, text);
    at('settings-head').replaceChildren(column('key'), ...chosen.map(column));
    at('settings').replaceChildren(...keys.map(key => {
      const values = settings.map(one => one.get(key) ?? '-');
      const row = element('tr', {}, element('th', {scope: 'row'}, key),
        ...values.map(value => element('td', {}, value)));
      row.classList.toggle('differs', new Set(values).size > 1);
      return row;
    }));
  }

  // ---- curves

  // Exponential moving average that begins without a bias, as in Kingma and Ba (2014).
  function smoothed(values, weight) {
    let sum = 0;
    let share = 0;
    return values.map(value => {
      if (Number.isFinite(value)) {
        sum = weight * sum + (1 - weight) * value;
        share = weight * share + (1 - weight);
      }
      return Number.isFinite(value) ? sum / share : NaN;
    });
  }

  function rank(name) {
    const first = FIRST.indexOf(name);
    const last = LAST.indexOf(name);
    return first >= 0 ? first : last >= 0 ? 200 + last : 100;
  }

  // At most four times a second, whatever arrives.
  function draw() {
    if (!drawing) {
      drawing = true;
      setTimeout(() => requestAnimationFrame(() => {
        drawing = false;
        drawNow();
      }), 250);
    }
  }

  function drawNow() {
    const metrics = [...new Set((chosen ?? []).flatMap(name => [...data(name).metrics.keys()]))]
      .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
    at('empty').hidden = metrics.length > 0;
    for (const [metric, {chart, figure}] of charts) {
      if (!metrics.includes(metric)) {
        chart.destroy();
        figure.remove();
        charts.delete(metric);
      }
    }
    metrics.forEach((metric, place) => {
      if (!charts.has(metric)) {
        charts.set(metric, newChart(metric));
      }
      const {figure} = charts.get(metric);
      if (at('charts').children[place] !== figure) {
        at('charts').insertBefore(figure, at('charts').children[place] ?? null);
      }
      update(metric);
    });
  }

  function newChart(metric) {
    const canvas = element('canvas', {role: 'img', 'aria-label': `curve of ${metric}`});
    const latestValue = element('span', {class: 'latest'});
    const figure = element('figure', {},
      element('figcaption', {}, element('h3', {}, metric), latestValue),
      element('div', {class: 'canvas'}, canvas));
    at('charts').append(figure);
    const chart = new Chart(canvas, {type: 'line', data: {datasets: []}, options: Jarl.options()});
    return {chart, figure, latest: latestValue};
  }

  function update(metric) {
    const {chart, latest: text} = charts.get(metric);
    const raw = at('raw').checked;
    const behind = [];
    const front = [];
    const values = [];
    chosen.forEach((name, place) => {
      const series = data(name).metrics.get(metric);
      if (!series) {
        return;
      }
      const weight = series.x.length < FEW ? 0 : Number(at('smoothing').value);
      const color = Jarl.color(place);
      const line = (label, y, more) => ({
        label,
        data: series.x.map((x, i) => ({x, y: y[i]})),
        borderColor: color,
        backgroundColor: color,
        borderDash: place >= 6 ? [6, 3] : [],
        pointRadius: series.x.length < FEW ? 2.5 : 0,
        ...more,
      });
      if (weight > 0 && raw) {
        behind.push(line(name, series.y, {borderColor: `${color}50`, borderWidth: 1, pointRadius: 0, silent: true}));
      }
      front.push(line(name, weight > 0 ? smoothed(series.y, weight) : series.y, {}));
      values.push(element('span', {title: name}, Jarl.swatch(place), number(series.y.at(-1))));
    });
    // What comes first is drawn on top.
    chart.data.datasets = [...front, ...behind];
    chart.update('none');
    text.replaceChildren(...values);
  }

  // ---- the picture

  const sleep = millis => new Promise(resolve => setTimeout(resolve, millis));
  let inView = true;
  new IntersectionObserver(entries => { inView = entries.at(-1).isIntersecting; }).observe(at('picture'));

  function wantsPicture() {
    const status = live && runs.get(live)?.status;
    return status && !status.finished && !status.noPicture && !ended && inView && at('moving').checked
      && document.visibilityState === 'visible' && events?.readyState === EventSource.OPEN;
  }

  // One request after the other, at most 15 a second.
  async function film() {
    for (;;) {
      const start = performance.now();
      let shown = false;
      if (wantsPicture()) {
        try {
          const answer = await fetch('frame.png');
          shown = answer.status === 200;
          if (shown) {
            show(await createImageBitmap(await answer.blob()));
          }
        } catch { /* the program may have ended; the events tell */ }
      }
      await sleep(Math.max(0, (shown ? 66 : 300) - (performance.now() - start)));
    }
  }

  function show(picture) {
    const screen = at('screen');
    if (screen.width !== picture.width || screen.height !== picture.height) {
      screen.width = picture.width;
      screen.height = picture.height;
    }
    screen.getContext('2d').drawImage(picture, 0, 0);
    picture.close();
    screen.hidden = false;
    at('no-picture').hidden = true;
  }

  // ---- beginning

  at('smoothing').addEventListener('input', () => {
    at('smoothing-value').textContent = Number(at('smoothing').value).toFixed(2);
    draw();
  });
  at('raw').addEventListener('change', draw);
  at('filter').addEventListener('input', listRuns);
  Jarl.onTheme(() => {
    for (const {chart} of charts.values()) {
      chart.options = Jarl.options();
    }
    listRuns();
    draw();
  });
  Jarl.startTheme();
  connect();
  film();
})();
