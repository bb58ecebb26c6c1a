// What the live page and the report draw alike: colours, numbers, axes, the choice of light or dark.
'use strict';

const Jarl = (() => {
  // The colours of Okabe and Ito (2008), which colour-blind readers can tell apart; lighter in the dark.
  const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
  const DARK = ['#56b4e9', '#f0904a', '#2fc59b', '#e3a0c6', '#f0c85a', '#8ab4ff'];

  const scheme = window.matchMedia('(prefers-color-scheme: dark)');
  const listeners = [];

  function stored() {
    try {
      return localStorage.getItem('jarl-theme') ?? 'auto';
    } catch {
      return 'auto'; // storage may be forbidden, for files most of all
    }
  }

  function isDark() {
    const theme = document.documentElement.dataset.theme;
    return theme === 'dark' || (theme !== 'light' && scheme.matches);
  }

  function apply(theme) {
    if (theme === 'auto') {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = theme;
    }
    const button = document.getElementById('theme');
    button.textContent = `theme: ${theme}`;
    listeners.forEach(listener => listener());
  }

  // Calls back at once and whenever light and dark change.
  function onTheme(listener) {
    listeners.push(listener);
  }

  function startTheme() {
    const order = ['auto', 'light', 'dark'];
    let theme = order.includes(stored()) ? stored() : 'auto';
    document.getElementById('theme').addEventListener('click', () => {
      theme = order[(order.indexOf(theme) + 1) % order.length];
      try {
        localStorage.setItem('jarl-theme', theme);
      } catch { /* the choice then lasts as long as the page */ }
      apply(theme);
    });
    scheme.addEventListener('change', () => listeners.forEach(listener => listener()));
    apply(theme);
  }

  function color(index) {
    const colors = isDark() ? DARK : LIGHT;
    return colors[index % colors.length];
  }

  function steps(value) {
    const size = Math.abs(value);
    const short = size >= 1e6 ? [1e6, 'M'] : size >= 1e3 ? [1e3, 'k'] : [1, ''];
    return `${Number((value / short[0]).toFixed(2))}${short[1]}`;
  }

  function number(value) {
    if (value === null || value === undefined || !Number.isFinite(value)) {
      return '-';
    }
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
      return value.toExponential(2);
    }
    return value.toLocaleString('en', {maximumFractionDigits: size >= 100 ? 1 : size >= 1 ? 2 : 4});
  }

  function axis(title) {
    const ink = getComputedStyle(document.body).color;
    return {
      type: 'linear',
      title: {display: title !== '', text: title, color: ink},
      grid: {color: isDark() ? '#262c36' : '#e6e9ed'},
      border: {color: isDark() ? '#3d444d' : '#b9c0c7'},
      ticks: {color: isDark() ? '#9198a1' : '#57606a', maxTicksLimit: 8},
    };
  }

  function options() {
    const x = axis('agent steps');
    x.ticks.callback = steps;
    x.ticks.maxRotation = 0;
    const y = axis('');
    y.ticks.callback = number;
    return {
      animation: false,
      parsing: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: {mode: 'nearest', axis: 'x', intersect: false},
      scales: {x, y},
      elements: {line: {borderWidth: 2, tension: 0}, point: {radius: 0, hitRadius: 6, hoverRadius: 4}},
      plugins: {
        legend: {display: false},
        tooltip: {
          filter: item => !item.dataset.silent,
          callbacks: {
            title: items => items.length > 0 ? `step ${items[0].parsed.x.toLocaleString('en')}` : '',
            label: item => ` ${item.dataset.label}: ${number(item.parsed.y)}`,
          },
        },
      },
    };
  }

  // An element with its attributes and children; texts become text, never markup.
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  function swatch(index) {
    const made = element('span', {class: 'swatch', 'aria-hidden': 'true'});
    made.style.background = color(index);
    return made;
  }

  return {onTheme, startTheme, color, steps, number, options, element, swatch};
})();
