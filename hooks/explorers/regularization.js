// How many steps stop as short as a penalty does, on average; there are no half steps.
const stepsFor = (rate, penalty) => Math.max(1, Math.round(1 / (rate * penalty)))

// Three ways to stop short of the least-squares solution, each a path from zero to it.
const regularizing = {
  label: "Contours of the loss over two weights with the paths of ridge, early stopping and dropout from zero to the least-squares solution, and where each is now.",
  panels: [
    { title: "paths over the loss", xlabel: "first weight", ylabel: "second weight", x: [-0.6, 2.4], y: [-0.6, 1.4], equal: true },
    { title: "distance to the ridge solution", xlabel: "log₁₀ λ", x: [-2, 2], y: [-4, 0.5], log: true },
  ],
  follow(values) {
    if (!values.ties.includes("tied")) return {}
    const rate = regularization.stopped(1, values.correlation, values.scale)[2]
    return { p: values.penalty / (1 + values.penalty), steps: stepsFor(rate, values.penalty) }
  },
  draw(chart, { penalty, steps, p, correlation, scale }) {
    const inputs = [correlation, scale]
    const ways = {
      ridge: { color: 1, dash: "", shape: "circle", at: (amount) => regularization.ridge(10 ** amount, ...inputs), from: 3, to: -3 },
      stopping: { color: 2, dash: "6 3", shape: "square", at: (amount) => regularization.stopped(10 ** amount, ...inputs), from: -2, to: 4 },
      dropout: { color: 3, dash: "1.5 2", shape: "diamond", at: (amount) => regularization.dropout(1 / (1 + 10 ** amount), ...inputs), from: -3, to: 3 },
    }
    const matrix = regularization.gram(...inputs)
    for (let level = 1; level <= 7; level++) chart.line(0, contour(matrix, regularization.best, 0.35 * level), { color: 8, width: 0.6 })
    for (const way of Object.values(ways)) {
      const path = Array.from({ length: 121 }, (_, index) => way.at(way.from + (way.to - way.from) * index / 120))
      chart.line(0, path, { color: way.color, dash: way.dash })
    }
    const now = { ridge: regularization.ridge(penalty, ...inputs), stopping: regularization.stopped(steps, ...inputs), dropout: regularization.dropout(p, ...inputs) }
    for (const name in now) chart.dot(0, now[name], { color: ways[name].color, size: 4, shape: ways[name].shape })
    chart.text(0, [regularization.best[0] - 0.15, regularization.best[1] - 0.2], "least squares")
    chart.dot(0, regularization.best, { size: 2.5 })
    chart.dot(0, [0, 0], { size: 2.5 })

    const apart = (one, two) => Math.hypot(one[0] - two[0], one[1] - two[1])
    const rate = now.stopping[2]
    const distance = { stopping: [], dropout: [] }
    for (let power = -2; power <= 2.001; power += 0.04) {
      const amount = 10 ** power, target = regularization.ridge(amount, ...inputs)
      distance.stopping.push([power, apart(target, regularization.stopped(stepsFor(rate, amount), ...inputs))])
      distance.dropout.push([power, apart(target, regularization.dropout(amount / (1 + amount), ...inputs))])
    }
    chart.line(1, distance.stopping, { color: 2, dash: "6 3" })
    chart.line(1, distance.dropout, { color: 3, dash: "1.5 2" })
    chart.line(1, [[Math.log10(penalty), 1e-9], [Math.log10(penalty), 1e9]], { width: 0.8, dash: "2 2" })
    const row = (text, name, amount) => [{ text, color: ways[name].color, dash: ways[name].dash }, amount, name === "ridge" ? "" : written(apart(now.ridge, now[name]), 2), ...now[name].slice(0, 2).map((weight) => written(weight, 4))]
    return {
      table: [
        ["method", "amount", "from ridge", "first weight", "second weight"],
        row("ridge", "ridge", `λ = ${written(penalty)}`),
        row("early stopping", "stopping", `${steps} ${steps === 1 ? "step" : "steps"}`),
        row("dropout", "dropout", `p = ${written(p, 2)}`),
      ],
      words: `Early stopping is a ridge with two penalties: ${written(now.stopping[3])} on the steepest direction, ${written(now.stopping[4])} on the flattest.`,
      values: { ...now, curve: distance.stopping },
    }
  },
}
