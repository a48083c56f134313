// The path of gradient descent on two weights, over the contours of the loss.
const contour = ([a, b, d], [x, y], radius) => {
  // H = L Lᵀ: the points w* + r L⁻ᵀ u, with u on the unit circle, have the same loss
  const l11 = Math.sqrt(a), l21 = b / l11, l22 = Math.sqrt(Math.max(d - l21 * l21, 1e-12))
  return Array.from({ length: 121 }, (_, index) => {
    const u2 = Math.sin(index * Math.PI / 60) / l22
    return [x + radius * (Math.cos(index * Math.PI / 60) - l21 * u2) / l11, y + radius * u2]
  })
}

const zigzagging = {
  label: "Contours of the loss over two weights and the path of gradient descent; next to it, the loss at each step.",
  panels: [
    { title: "path over the loss", xlabel: "first weight", ylabel: "second weight", x: [-2.6, 2.6], y: [-2.4, 1.6], equal: true },
    { title: "loss by step, start = 1", xlabel: "step", x: [0, 60], y: [-6, 2], log: true },
  ],
  draw(chart, { mean, scale, rate }) {
    const [a, b, d, large, small] = zigzag.hessian(mean, scale)
    const loss = ([w1, w2]) => {
      const [x, y] = [w1 - zigzag.best[0], w2 - zigzag.best[1]]
      return (a * x * x + 2 * b * x * y + d * y * y) / 2
    }
    const first = loss(zigzag.start)
    let w = zigzag.start, steps = null, length = 0
    const path = [w], losses = [[0, 1]]
    for (let step = 1; step <= 5000; step++) {
      const next = zigzag.step(...w, mean, scale, rate)
      if (steps === null) length += Math.hypot(next[0] - w[0], next[1] - w[1])
      w = next
      if (step <= 60) {
        path.push(w)
        losses.push([step, loss(w) / first])
      }
      if (steps === null && loss(w) <= 1e-4 * first) steps = step
      if (!(loss(w) < 1e6 * first)) break
    }
    for (let level = 1; level <= 7; level++) chart.line(0, contour([a, b, d], zigzag.best, Math.sqrt(2 * first) * level / 5), { color: 8, width: 0.6 })
    chart.line(0, path, { color: 1, width: 1.2, dots: true })
    chart.dot(0, zigzag.best, { color: 2, size: 4, shape: "diamond" })
    chart.line(1, losses, { color: 1 })
    const straight = Math.hypot(zigzag.start[0] - zigzag.best[0], zigzag.start[1] - zigzag.best[1])
    const end = steps === null
      ? "at this rate the steps across the valley do not shrink."
      : `${steps} ${steps === 1 ? "step" : "steps"} to a ten-thousandth of the first loss, on a path ${written(length / straight)} times as long as the straight line.`
    return { words: `Condition number ${written(large / small)}: ${end}`, values: { condition: large / small, steps, length: length / straight, w: path.at(-1) } }
  },
}
