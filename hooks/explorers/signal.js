// A net of random weights, run forward and back in the browser; the activations are those of `lego`.

// Normal numbers from a seed: the same ones on every machine.
function draws(seed) {
  let state = seed * 2654435761 >>> 0
  const uniform = () => {
    state = state + 0x6D2B79F5 >>> 0
    let mixed = Math.imul(state ^ state >>> 15, state | 1)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return { uniform, normal }
}

// Square weights: row `unit` holds what the unit multiplies its inputs by.
function weights(scheme, size, gain, { uniform, normal }) {
  const matrix = new Float64Array(size * size)
  const deviation = { he: Math.sqrt(2 / size), xavier: Math.sqrt(1 / size), small: 0.01, large: 1, orthogonal: 1 }[scheme]
  for (let index = 0; index < matrix.length; index++) matrix[index] = scheme === "pytorch" ? (2 * uniform() - 1) / Math.sqrt(size) : deviation * normal()
  if (scheme === "orthogonal") {
    for (let row = 0; row < size; row++) {
      const here = matrix.subarray(row * size, (row + 1) * size)
      for (let turn = 0; turn < 2; turn++) for (let other = 0; other < row; other++) { // twice is enough
        const there = matrix.subarray(other * size, (other + 1) * size)
        let dot = 0
        for (let k = 0; k < size; k++) dot += here[k] * there[k]
        for (let k = 0; k < size; k++) here[k] -= dot * there[k]
      }
      const norm = Math.hypot(...here)
      for (let k = 0; k < size; k++) here[k] /= norm
    }
  }
  for (let index = 0; index < matrix.length; index++) matrix[index] *= gain
  return matrix
}

const BATCH = 32

// Each layer: z = W h, normalized if asked, then h' = f(z), added to h if asked; back from a random gradient. Between
// layers it asks whether to go on, and gives the page a turn.
async function simulate({ activation, scheme, gain, depth, width, parts, seed }, goOn) {
  const size = Number(width), source = draws(seed), { at } = bricks[activation]
  const norm = parts.includes("norm"), residual = parts.includes("residual")
  const layers = []
  for (let number = 0; number < depth; number++) {
    layers.push({ weight: weights(scheme, size, gain, source) })
    if (!await goOn()) return
  }
  const inputs = Float64Array.from({ length: BATCH * size }, source.normal)
  let h = inputs
  for (const layer of layers) {
    Object.assign(layer, { slope: new Float64Array(BATCH * size), output: new Float64Array(BATCH * size), scale: new Float64Array(BATCH) })
    const z = layer.z = new Float64Array(BATCH * size)
    for (let row = 0; row < BATCH; row++) {
      for (let unit = 0; unit < size; unit++) {
        let sum = 0
        for (let k = 0; k < size; k++) sum += layer.weight[unit * size + k] * h[row * size + k]
        z[row * size + unit] = sum
      }
      if (norm) {
        let mean = 0, square = 0
        for (let k = 0; k < size; k++) mean += z[row * size + k] / size
        for (let k = 0; k < size; k++) square += (z[row * size + k] - mean) ** 2 / size
        layer.scale[row] = 1 / Math.sqrt(square + 1e-5)
        for (let k = 0; k < size; k++) z[row * size + k] = (z[row * size + k] - mean) * layer.scale[row]
      }
    }
    for (let index = 0; index < z.length; index++) {
      const [value, slope] = at(z[index])
      layer.output[index] = value + (residual ? h[index] : 0)
      layer.slope[index] = slope
    }
    h = layer.output
    if (!await goOn()) return
  }
  const upstream = Float64Array.from({ length: BATCH * size }, () => source.normal() / BATCH)
  let back = upstream
  for (const layer of [...layers].reverse()) {
    const delta = new Float64Array(BATCH * size), before = new Float64Array(BATCH * size)
    for (let row = 0; row < BATCH; row++) {
      let mean = 0, along = 0
      for (let k = 0; k < size; k++) {
        const index = row * size + k
        delta[index] = back[index] * layer.slope[index]
        mean += delta[index] / size
        along += delta[index] * layer.z[index] / size
      }
      if (norm) for (let k = 0; k < size; k++) delta[row * size + k] = (delta[row * size + k] - mean - layer.z[row * size + k] * along) * layer.scale[row]
      for (let unit = 0; unit < size; unit++) for (let k = 0; k < size; k++) before[row * size + k] += delta[row * size + unit] * layer.weight[unit * size + k]
    }
    layer.gradient = Math.sqrt(delta.reduce((sum, entry) => sum + entry * entry, 0) / delta.length)
    if (residual) for (let index = 0; index < before.length; index++) before[index] += back[index]
    back = before
    if (!await goOn()) return
  }
  return { layers, inputs, upstream }
}

function moments(numbers) {
  let mean = 0, square = 0
  for (const number of numbers) mean += number / numbers.length
  for (const number of numbers) square += (number - mean) ** 2 / numbers.length
  return [mean, Math.sqrt(square)]
}

const signaling = {
  label: "Left: the distribution of the activations in each layer, as bands. Right: the size of the gradient that reaches each layer.",
  panels: [
    { title: "activations: middle 50% and 90%", xlabel: "layer", x: [1, 20], y: [-4, 4] },
    { title: "gradient that reaches the layer", xlabel: "layer", x: [1, 20], y: [-12, 6], log: true },
  ],
  compute: simulate,
  draw(chart, values, { layers, inputs, upstream }) {
    const bands = [0.05, 0.25, 0.5, 0.75, 0.95].map(() => []), norms = []
    layers.forEach((layer, index) => {
      const sorted = Float64Array.from(layer.output).sort()
      ;[0.05, 0.25, 0.5, 0.75, 0.95].forEach((share, band) => bands[band].push([index + 1, sorted[Math.round(share * (sorted.length - 1))]]))
      norms.push([index + 1, layer.gradient])
    })
    const size = Math.max(...bands[4].map(([, value]) => Math.abs(value)), ...bands[0].map(([, value]) => Math.abs(value)))
    const power = 10 ** Math.floor(Math.log10(size))
    const reach = [0.1, 1, 2, 4, 10, 30, 100, 2 * power, 5 * power, 10 * power].find((limit) => limit >= size) ?? 1000
    for (const panel of [0, 1]) chart.limits(panel, { x: [1, Math.max(values.depth, 2)] })
    chart.limits(0, { y: [-reach, reach] })
    const powers = norms.map(([, norm]) => Math.log10(norm)).filter(Number.isFinite)
    chart.limits(1, { y: [Math.floor(Math.min(-12, ...powers)), Math.ceil(Math.max(6, ...powers))] })
    chart.band(0, bands[0], bands[4], 1, 0.2)
    chart.band(0, bands[1], bands[3], 1, 0.35)
    chart.line(0, bands[2], { color: 1 })
    chart.line(1, norms, { color: 2, dots: true })

    const [, deviation] = moments(layers.at(-1).output)
    const first = norms[0][1], last = norms.at(-1)[1]
    const factor = (first / last) ** (1 / Math.max(values.depth - 1, 1))
    const verdict = !Number.isFinite(factor) || factor > limits[1] ? "exploding" : factor < limits[0] ? "vanishing" : "steady"
    const adds = verdict === "steady" && Math.abs(Math.log10(first / last)) > 1
    const way = adds
      ? `. One layer can have that, but over ${values.depth} layers it adds up: the gradient ${first < last ? "shrinks" : "grows"}`
      : { exploding: ": an exploding gradient: it grows", vanishing: ": a vanishing gradient: it shrinks", steady: ": a steady gradient: it changes" }[verdict]
    return {
      words: `Last layer: standard deviation ${written(deviation)}. On its way back the gradient changes by a factor of ${written(factor)} per layer${way} from ${written(last)} at the last layer to ${written(first)} at the first. The gain that keeps the mean square of this activation is ${written(gains[values.activation], 4)} with Xavier's variance.`,
      get values() {
        const weights = layers.map(({ weight }) => [...weight])
        return { verdict, factor, deviation, norms: norms.map(([, norm]) => norm), weights, inputs: [...inputs], upstream: [...upstream] }
      },
    }
  },
}
