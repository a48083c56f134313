// Any bricks, drawn over each other: their values in one panel, their slopes in the other, read at one x.
const activations = {
  label: "Value and slope of the chosen bricks for x from −6 to 6.",
  panels: [
    { title: "value", xlabel: "x", x: [-6, 6], y: [-3, 6] },
    { title: "slope", xlabel: "x", x: [-6, 6], y: [-1, 2] },
  ],
  points: (values, x) => ({ x: Math.round(x * 20) / 20 }),
  controls: (values) => Object.fromEntries(["a", "alpha", "beta", "p1", "p2"].map((name) => [name, values.bricks.some((brick) => bricks[brick].parameters.includes(name))])),
  draw(chart, values) {
    const rows = [], found = {}
    for (const name of values.bricks) {
      const { label, color, dash, parameters, at } = bricks[name]
      const given = parameters.map((parameter) => values[parameter])
      const curve = [[], []]
      for (let x = -6; x < 6.01; x += 0.05) at(x, ...given).forEach((value, panel) => curve[panel].push([x, value]))
      curve.forEach((points, panel) => chart.line(panel, points, { color, dash }))
      const read = found[name] = at(values.x, ...given)
      read.forEach((value, panel) => chart.dot(panel, [values.x, value], { color, size: 3.2 }))
      rows.push([{ text: label, color, dash }, ...read.map((value) => written(value, 4))])
    }
    for (const panel of [0, 1]) chart.line(panel, [[values.x, -9], [values.x, 9]], { width: 0.8, dash: "2 2" })
    return { table: [["brick", `value at ${written(values.x)}`, "slope there"], ...rows], words: rows.length ? "" : "Tick a brick to see its curve.", values: found }
  },
}
