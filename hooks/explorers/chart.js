// Draws panels of lines with axes, in the look of the figures that matplotlib draws for the other pages.

function erfc(x) {
  if (x < 0) return 2 - erfc(-x)
  if (x < 2.5) {
    let term = x, sum = x
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= -x * x / n
      sum += term / (2 * n + 1)
    }
    return 1 - 2 / Math.sqrt(Math.PI) * sum
  }
  let fraction = 0
  for (let n = 60; n > 0; n--) fraction = n / 2 / (x + fraction)
  return Math.exp(-x * x) / (x + fraction) / Math.sqrt(Math.PI)
}

// A number with `digits` significant digits, as the site's text writes it.
function written(value, digits = 3) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞"
  if (Math.abs(value) < 1e-300) return "0"
  const size = Math.abs(value)
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(digits - 1) : Number(value.toPrecision(digits)).toString()
  return text.replace("e+", "e").replace(/-/g, "−")
}

// Round numbers between two ends.
function ticks(low, high, log) {
  if (log) {
    const every = Math.ceil((high - low) / 6)
    const powers = []
    for (let power = Math.ceil(low); power <= high; power++) if (power % every === 0) powers.push(power)
    return powers
  }
  const rough = (high - low) / 6, unit = 10 ** Math.floor(Math.log10(rough))
  const size = [1, 2, 5, 10].map((times) => times * unit).find((step) => step >= rough * 0.8)
  const places = []
  for (let place = Math.ceil(low / size - 1e-9) * size; place <= high + 1e-9 * size; place += size) places.push(place)
  return places
}

function element(name, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name)
  for (const key in attributes) made.setAttribute(key, attributes[key])
  parent?.append(made)
  return made
}

const FLAT = 144 // height of a panel where they are stacked: the sliders below stay in sight

// The ends of both axes with one unit for both, each axis about the middle that it had.
function equal({ x, y }, box) {
  const width = box.right - box.left, height = box.bottom - box.top
  const unit = Math.min(width / (x[1] - x[0]), height / (y[1] - y[0]))
  const about = ([low, high], length) => [(low + high - length / unit) / 2, (low + high + length / unit) / 2]
  return { x: about(x, width), y: about(y, height) }
}

class Chart {
  // `panels`: [{ title, xlabel, ylabel, x: [low, high], y: [low, high], log, equal }]; with `log`, y holds powers of ten;
  // with `equal`, one is as long across as up, and the axis that has room left shows more than it was asked to.
  constructor(panels, width, tall, stacked, label) {
    const share = width / panels.length, height = stacked ? FLAT : tall, [columns, rows] = stacked ? [1, panels.length] : [panels.length, 1]
    this.svg = element("svg", { viewBox: `0 0 ${columns * share} ${rows * height}`, class: stacked ? "stacked" : "", role: "img", fill: "currentColor", "stroke-linejoin": "round", "aria-label": label })
    this.panels = panels.map((panel, index) => {
      const [left, top] = stacked ? [0, index * height] : [index * share, 0]
      const box = { left: left + 42, right: left + share - 8, top: top + 20, bottom: top + height - 34 }
      const ends = panel.equal ? equal(panel, box) : {}
      const clip = `explorer-clip-${index}`
      element("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top }, element("clipPath", { id: clip }, this.svg))
      const frame = element("g", {}, this.svg), data = element("g", { "clip-path": `url(#${clip})` }, this.svg)
      return { ...panel, ...ends, box, frame, data, labels: element("g", { "font-size": 9.5 }, this.svg) }
    })
    this.panels.forEach((panel) => this.#axes(panel))
  }

  across(panel, x) {
    const { box, x: [low, high] } = this.panels[panel]
    return box.left + (x - low) / (high - low) * (box.right - box.left)
  }

  up(panel, y) {
    const { box, y: [low, high], log } = this.panels[panel]
    const place = log ? Math.log10(Math.max(y, 1e-300)) : y
    const share = Math.min(Math.max((place - low) / (high - low), -9), 9)
    return box.bottom - share * (box.bottom - box.top)
  }

  // New ends of an axis: `limits(0, { x: [0, 10] })`.
  limits(panel, change) {
    Object.assign(this.panels[panel], change)
    this.#axes(this.panels[panel])
  }

  clear() {
    for (const { data, labels } of this.panels) {
      data.replaceChildren()
      labels.replaceChildren()
    }
  }

  path(panel, points) {
    let text = "", move = true
    for (const [x, y] of points) {
      if (Number.isFinite(x) && Number.isFinite(y)) text += `${move ? "M" : "L"}${this.across(panel, x).toFixed(2)} ${this.up(panel, y).toFixed(2)}`
      move = !(Number.isFinite(x) && Number.isFinite(y))
    }
    return text
  }

  line(panel, points, { color, dash = "", width = 1.8, dots = false } = {}) {
    const stroke = color ? `var(--plot-${color})` : "currentColor"
    element("path", { d: this.path(panel, points), fill: "none", stroke, "stroke-width": width, "stroke-dasharray": dash }, this.panels[panel].data)
    if (dots) for (const point of points) this.dot(panel, point, { color, size: 2 })
  }

  band(panel, low, high, color, opacity) {
    const d = `${this.path(panel, [...low, ...[...high].reverse()])}Z`
    element("path", { d, fill: `var(--plot-${color})`, "fill-opacity": opacity }, this.panels[panel].data)
  }

  dot(panel, [x, y], { color, size = 4, shape = "circle" } = {}) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return
    const fill = color ? `var(--plot-${color})` : "currentColor"
    const [left, top] = [this.across(panel, x), this.up(panel, y)]
    const outlines = { circle: `M${left - size} ${top}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0`, square: `M${left - size} ${top - size}h${2 * size}v${2 * size}h${-2 * size}z`, diamond: `M${left} ${top - 1.4 * size}l${1.4 * size} ${1.4 * size}l${-1.4 * size} ${1.4 * size}l${-1.4 * size} ${-1.4 * size}z` }
    element("path", { d: outlines[shape], fill }, this.panels[panel].data)
  }

  text(panel, [x, y], words, { color, anchor = "start" } = {}) {
    const fill = color ? `var(--plot-${color})` : "currentColor"
    element("text", { x: this.across(panel, x), y: this.up(panel, y), fill, "text-anchor": anchor }, this.panels[panel].labels).textContent = words
  }

  // Calls back with x where the pointer is in one of the panels.
  onPoint(callback) {
    const point = (event) => {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse())
      const panel = this.panels.find(({ box }) => place.x >= box.left && place.x <= box.right && place.y >= box.top && place.y <= box.bottom)
      if (panel) callback(panel.x[0] + (place.x - panel.box.left) / (panel.box.right - panel.box.left) * (panel.x[1] - panel.x[0]))
    }
    this.svg.addEventListener("pointermove", point)
    this.svg.addEventListener("pointerdown", point)
  }

  #axes({ frame, box, title, xlabel, ylabel, x, y, log }) {
    frame.replaceChildren()
    const grid = { stroke: "var(--plot-grid)", "stroke-width": 0.6 }
    const words = (text, attributes) => { element("text", attributes, frame).textContent = text }
    const short = (tick) => written(Number(tick.toPrecision(6))).replace(/\.?0+e/, "e")
    for (const tick of ticks(...x)) {
      const place = box.left + (tick - x[0]) / (x[1] - x[0]) * (box.right - box.left)
      element("path", { d: `M${place} ${box.top}V${box.bottom}`, ...grid }, frame)
      words(short(tick), { x: place, y: box.bottom + 12, "text-anchor": "middle", "font-size": 9 })
    }
    for (const tick of ticks(...y, log)) {
      const place = box.bottom - (tick - y[0]) / (y[1] - y[0]) * (box.bottom - box.top)
      element("path", { d: `M${box.left} ${place}H${box.right}`, ...grid }, frame)
      const text = log ? `1e${tick}`.replace("-", "−") : short(tick)
      words(text, { x: box.left - 4, y: place + 3, "text-anchor": "end", "font-size": 9 })
    }
    element("path", { d: `M${box.left} ${box.top}V${box.bottom}H${box.right}`, fill: "none", stroke: "currentColor", "stroke-width": 0.8 }, frame)
    words(title, { x: box.left, y: box.top - 7, "font-size": 10.5 })
    words(xlabel, { x: (box.left + box.right) / 2, y: box.bottom + 26, "text-anchor": "middle", "font-size": 10 })
    const [left, middle] = [box.left - 32, (box.top + box.bottom) / 2]
    if (ylabel) words(ylabel, { x: left, y: middle, "text-anchor": "middle", "font-size": 10, transform: `rotate(-90 ${left} ${middle})` })
  }
}
