// The map: points in a plane that can be moved, zoomed, pointed at and opened.
//
// Points are written into an image pixel by pixel: it needs no graphics card, and 50,000 of them
// take a few milliseconds. Whatever a document says is set as text, never as HTML.

const REACH = 9; // how near, in pixels, the pointer must be to a point
const CELLS = 128; // a side of the grid that finds the point under the pointer
const STILL = 4; // a press that moves no further, in pixels, is a click

const bytes = (packed) => Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
const numbers = (Kind, packed) => new Kind(bytes(packed).buffer);

function unpack(data) {
  const points = numbers(Float32Array, data.points);
  const group = numbers(Uint8Array, data.group);
  const count = group.length;
  const cells = new Map();
  for (let i = 0; i < count; i++) {
    const key = cell(points[2 * i]) * CELLS + cell(points[2 * i + 1]);
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(i);
  }
  return {
    data, points, group, count, cells,
    document: numbers(Uint32Array, data.document),
    language: numbers(Uint16Array, data.language),
    texts: new TextDecoder().decode(bytes(data.texts)).split("\n"),
  };
}

const cell = (value) => Math.min(CELLS - 1, Math.max(0, Math.floor(((value + 1) / 2) * CELLS)));

// The pixels of a disc: [dx, dy, alpha], its rim softened.
function disc(radius) {
  const stamp = [];
  const reach = Math.ceil(radius);
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++) {
      const inside = radius + 0.5 - Math.hypot(dx, dy);
      if (inside > 0) stamp.push([dx, dy, Math.min(1, inside)]);
    }
  return stamp;
}

function rgb(colour) {
  const value = parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

// Streamlit may call for what was drawn before after it called for what is drawn now; that late call
// it ends at once, before anything is touched.
export default function (given) {
  let end;
  const beginning = setTimeout(() => { end = begin(given); });
  return () => {
    clearTimeout(beginning);
    end?.();
  };
}

function begin({ data, parentElement, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const [canvas, tip, legend] = [find("canvas"), find(".tip"), find(".legend")];
  const kept = (parentElement.crosstongueMap ??= { scale: 1, x: 0, y: 0, only: null, points: null });
  if (kept.points !== data.points) Object.assign(kept, { scale: 1, x: 0, y: 0, points: data.points });
  const groups = JSON.stringify(data.groups);
  if (kept.groups !== groups) Object.assign(kept, { only: null, groups });
  const map = unpack(data);
  const context = canvas.getContext("2d");
  const ending = new AbortController();
  const on = (target, event, act, options = {}) =>
    target.addEventListener(event, act, { signal: ending.signal, ...options });
  let image, pixels, ratio, waiting = false, pointed = -1;
  const down = new Map(); // pointers that press, by id
  let moved = 0;

  // World to pixels of the canvas: the square from -1 to 1 fits its shorter side.
  const unit = () => 0.47 * Math.min(canvas.width, canvas.height) * kept.scale;
  const left = () => canvas.width / 2 + kept.x * ratio;
  const top = () => canvas.height / 2 + kept.y * ratio;
  const shown = (i) => kept.only === null || map.group[i] === kept.only;

  function resize() {
    ratio = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    image = context.createImageData(canvas.width, canvas.height);
    pixels = new Uint32Array(image.data.buffer);
    redraw();
  }

  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  function radius() {
    const crowd = map.count > 20000 ? 1.4 : map.count > 2000 ? 2 : 3.4;
    return ratio * Math.min(6, crowd * Math.pow(kept.scale, 0.3));
  }

  function draw() {
    if (ending.signal.aborted) return;
    const [width, height, scale, dx, dy] = [canvas.width, canvas.height, unit(), left(), top()];
    const stamp = disc(radius());
    const reach = Math.ceil(radius()) + 1;
    const cores = stamp.filter(([, , alpha]) => alpha === 1).map(([x, y]) => y * width + x);
    const rims = stamp.filter(([, , alpha]) => alpha < 1);
    const rimAt = rims.map(([x, y]) => y * width + x);
    // Pixels are stored as ABGR.
    const solid = data.groups.map(({ colour }) => {
      const [r, g, b] = rgb(colour);
      return (b << 16) | (g << 8) | r;
    });
    const core = solid.map((colour) => ((230 << 24) | colour) >>> 0);
    const rim = solid.map((colour) => rims.map(([, , a]) => ((Math.round(230 * a) << 24) | colour) >>> 0));
    pixels.fill(0);
    for (let i = 0; i < map.count; i++) {
      const x = Math.round(map.points[2 * i] * scale + dx);
      const y = Math.round(-map.points[2 * i + 1] * scale + dy);
      if (x < reach || y < reach || x >= width - reach || y >= height - reach || !shown(i)) continue;
      const [at, kind] = [y * width + x, map.group[i]];
      for (const offset of cores) pixels[at + offset] = core[kind];
      for (let k = 0; k < rimAt.length; k++)
        if (pixels[at + rimAt[k]] === 0) pixels[at + rimAt[k]] = rim[kind][k];
    }
    context.putImageData(image, 0, 0);
    const ink = getComputedStyle(canvas).color;
    for (const i of [...data.hits].reverse()) if (shown(i)) ring(i, 4.5, ink, true);
    if (pointed >= 0) ring(pointed, 3, ink, false);
    canvas.dataset.frames = 1 + Number(canvas.dataset.frames || 0);
  }

  function ring(i, more, ink, filled) {
    const [x, y] = place(i);
    context.beginPath();
    context.arc(x, y, radius() + more * ratio, 0, 2 * Math.PI);
    if (filled) {
      context.fillStyle = data.groups[map.group[i]].colour;
      context.fill();
    }
    context.lineWidth = 2 * ratio;
    context.strokeStyle = ink;
    context.stroke();
  }

  const place = (i) => [map.points[2 * i] * unit() + left(), -map.points[2 * i + 1] * unit() + top()];

  // The shown point nearest to a place of the canvas, -1 if none is in reach.
  function nearest(x, y) {
    const [scale, reach] = [unit(), REACH * ratio + radius()];
    const [worldX, worldY, around] = [(x - left()) / scale, -(y - top()) / scale, reach / scale];
    let [best, least] = [-1, reach];
    for (let column = cell(worldX - around); column <= cell(worldX + around); column++)
      for (let row = cell(worldY - around); row <= cell(worldY + around); row++)
        for (const i of map.cells.get(column * CELLS + row) ?? []) {
          const far = scale * Math.hypot(map.points[2 * i] - worldX, map.points[2 * i + 1] - worldY);
          if (far < least && shown(i)) [best, least] = [i, far];
        }
    return best;
  }

  function point(i, event) {
    canvas.classList.toggle("pointing", i >= 0);
    if (i !== pointed) {
      pointed = i;
      redraw();
    }
    tip.hidden = i < 0;
    if (i < 0) return;
    tip.querySelector("b").textContent = data.titles[map.document[i]];
    tip.querySelector("small").textContent = data.names[map.language[i]];
    tip.querySelector("p").textContent = map.texts[i] + "…";
    const [x, y] = at(event);
    tip.style.left = `${Math.max(4, Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 4))}px`;
    const below = y + 16 + tip.offsetHeight < canvas.clientHeight;
    tip.style.top = `${Math.max(4, below ? y + 16 : y - tip.offsetHeight - 12)}px`;
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
    const scale = Math.min(200, Math.max(0.5, kept.scale * factor));
    const [fromX, fromY] = [x - canvas.clientWidth / 2, y - canvas.clientHeight / 2];
    kept.x = fromX - ((fromX - kept.x) * scale) / kept.scale;
    kept.y = fromY - ((fromY - kept.y) * scale) / kept.scale;
    kept.scale = scale;
    redraw();
  }

  function whole() {
    Object.assign(kept, { scale: 1, x: 0, y: 0 });
    redraw();
  }

  function drawLegend() {
    legend.replaceChildren(
      ...data.groups.map(({ name, count, colour }, group) => {
        const button = document.createElement("button");
        const [dot, text, much] = ["i", "bdi", "small"].map((tag) => document.createElement(tag));
        button.type = "button";
        button.ariaPressed = String(kept.only === null || kept.only === group);
        dot.style.background = colour;
        text.textContent = name;
        much.textContent = count.toLocaleString("en");
        button.append(dot, text, much);
        button.onclick = () => {
          kept.only = kept.only === group ? null : group;
          drawLegend();
          redraw();
        };
        return button;
      }),
    );
  }

  on(canvas, "pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    moved = down.size > 1 ? Infinity : 0;
  });
  on(canvas, "pointermove", (event) => {
    const here = at(event);
    const before = down.get(event.pointerId);
    if (!before) return point(nearest(here[0] * ratio, here[1] * ratio), event);
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    if (others.length) {
      const spread = (one) => Math.hypot(one[0] - others[0][0], one[1] - others[0][1]);
      zoom(spread(here) / Math.max(1, spread(before)), ...others[0]);
    } else {
      moved += Math.hypot(here[0] - before[0], here[1] - before[1]);
      kept.x += here[0] - before[0];
      kept.y += here[1] - before[1];
      if (moved > STILL) point(-1, event);
      redraw();
    }
    down.set(event.pointerId, here);
  });
  on(canvas, "pointerup", (event) => {
    const [x, y] = at(event);
    down.delete(event.pointerId);
    const i = moved <= STILL ? nearest(x * ratio, y * ratio) : -1;
    if (i >= 0) setTriggerValue("open", data.ids[i]);
  });
  on(canvas, "pointercancel", (event) => down.delete(event.pointerId));
  on(canvas, "pointerleave", (event) => point(-1, event));
  on(canvas, "wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), ...at(event));
  }, { passive: false });
  on(canvas, "keydown", (event) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) Object.assign(kept, { x: kept.x + step[0], y: kept.y + step[1] });
    else if (event.key === "+" || event.key === "=") zoom(1.6);
    else if (event.key === "-") zoom(0.625);
    else if (event.key === "0") whole();
    else return;
    event.preventDefault();
    redraw();
  });
  for (const button of parentElement.querySelectorAll("[data-zoom]")) {
    const factor = Number(button.dataset.zoom);
    on(button, "click", () => (factor ? zoom(factor) : whole()));
  }
  canvas.ariaLabel = `A map of ${map.count.toLocaleString("en")} passages`;
  drawLegend();
  const watcher = new ResizeObserver(resize);
  watcher.observe(canvas);
  return () => {
    ending.abort();
    watcher.disconnect();
  };
}
