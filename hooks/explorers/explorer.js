// Starts an explorer in its figure: reads the form, draws, and says in words what is drawn.
const SILENCE = 600 // milliseconds without a change, after which a screen reader is told what is drawn
const NARROW = matchMedia("(max-width: 28em)") // then the panels are stacked, and extra.css keeps room for them
const explorers = { activations, signal: signaling, regularization: regularizing, zigzag: zigzagging }

function read(form) {
  const values = {}
  for (const input of form.elements) {
    if (input.type === "range") values[input.name] = "power" in input.dataset ? 10 ** input.value : Number(input.value)
    else if (input.type === "checkbox") {
      values[input.name] ??= []
      if (input.checked) values[input.name].push(input.value)
    } else if (input.name) values[input.name] = input.value
  }
  return values
}

function write(form, changes) {
  for (const name in changes) form.elements[name].value = changes[name]
}

function swatch({ text, color, dash }) {
  const svg = element("svg", { viewBox: "0 0 24 6", width: 24, height: 6, "aria-hidden": true })
  element("path", { d: "M0 3H24", stroke: `var(--plot-${color})`, "stroke-width": 2, "stroke-dasharray": dash }, svg)
  const words = document.createElement("span")
  words.append(svg, ` ${text}`)
  return words
}

function table(rows) {
  const made = Object.assign(document.createElement("table"), { className: "explorer__table" })
  rows.forEach((row, index) => {
    const line = (index ? made.tBodies[0] ?? made.createTBody() : made.createTHead()).insertRow()
    row.forEach((cell, column) => {
      const box = document.createElement(index && column ? "td" : "th")
      if (box.tagName === "TH") box.scope = index ? "row" : "col"
      box.append(cell.text ? swatch(cell) : cell)
      line.append(box)
    })
  })
  return made
}

// The drawing as a file like those of other figures, see `standalone` in hooks/inline.py: dark ink on white.
function standalone(svg) {
  const copy = svg.cloneNode(true), [, , width, height] = svg.getAttribute("viewBox").split(" ")
  const look = { width: width * 4 / 3, height: height * 4 / 3, color: "#1b1b1b", "font-family": "system-ui, sans-serif" }
  for (const name in look) copy.setAttribute(name, look[name])
  copy.prepend(element("path", { fill: "#fff", d: "M0 0H9999V9999H0z" }))
  const probe = document.body.appendChild(document.createElement("i"))
  probe.dataset.mdColorScheme = "default" // the light palette, whichever the page has
  const colors = getComputedStyle(probe)
  const text = new XMLSerializer().serializeToString(copy).replace(/var\((.*?)\)/g, (_, name) => colors.getPropertyValue(name))
  probe.remove()
  return new Blob([text], { type: "image/svg+xml" })
}

// Lets long work continue while `wanted` says so; gives the page a turn every few milliseconds.
function pace(wanted) {
  let start = performance.now()
  return async () => {
    if (performance.now() - start > 6) {
      await new Promise((resolve) => setTimeout(resolve))
      start = performance.now()
    }
    return wanted()
  }
}

async function start(figure) {
  const name = figure.dataset.explorer, explorer = explorers[name]
  const form = figure.querySelector("form.explorer"), reading = form.querySelector(".explorer__reading"), said = form.querySelector("[role=status]")
  const box = figure.querySelector(".plot__box"), [, , width, height] = box.firstElementChild.getAttribute("viewBox").split(" ").map(Number)
  const chart = new Chart(explorer.panels, width, height, NARROW.matches, explorer.label)
  let waiting = false, latest = 0, speech

  const draw = async () => {
    const turn = ++latest
    waiting = false
    figure.dataset.busy = ""
    const followed = explorer.follow?.(read(form)) ?? {}
    write(form, followed)
    const values = { ...read(form), ...followed } // a slider's grid would round
    for (const input of form.elements) {
      if (input.type !== "range") continue
      const value = values[input.name], text = written(value, Number.isInteger(value) ? 15 : 3) // a count with all digits
      input.disabled = input.name in followed
      if (input.nextElementSibling.textContent === text) continue
      input.nextElementSibling.textContent = text
      input.setAttribute("aria-valuetext", text)
    }
    for (const [control, wanted] of Object.entries(explorer.controls?.(values) ?? {})) form.querySelector(`[data-control=${control}]`).hidden = !wanted
    const computed = await explorer.compute?.(values, pace(() => turn === latest))
    if (turn !== latest) return // a newer change has taken over
    chart.clear()
    const found = explorer.draw(chart, values, computed)
    reading.replaceChildren(...(found.table ? [table(found.table)] : []), ...(found.words ? [found.words] : []))
    clearTimeout(speech)
    if (figure.explorer) speech = setTimeout(() => (said.textContent = reading.innerText), SILENCE)
    figure.explorer = { values, get found() { return found.values } }
    delete figure.dataset.busy
  }
  const later = () => {
    if (!waiting) requestAnimationFrame(draw)
    waiting = true
  }

  form.querySelector("fieldset").disabled = false
  form.addEventListener("input", later)
  form.addEventListener("reset", () => setTimeout(later))
  form.addEventListener("submit", (event) => event.preventDefault())
  if (explorer.points) {
    chart.onPoint((x) => {
      write(form, explorer.points(read(form), x))
      later()
    })
  }
  while (!figure.explorer) await draw() // again, if a change came meanwhile
  box.replaceChildren(chart.svg)
  const save = figure.querySelector("[download]")
  save.download = save.pathname.split("/").pop()
  save.addEventListener("click", () => {
    URL.revokeObjectURL(save.href) // of the drawing that was saved before
    save.href = URL.createObjectURL(standalone(chart.svg))
  })
  figure.dataset.started = ""
}

window.startExplorer = start
