// What a page does beyond reading. Material calls `document$` after each instant navigation.

// "Run it yourself" closes on Escape, on a click elsewhere, and when the focus goes elsewhere.
for (const type of ["click", "focusin"])
  document.addEventListener(type, ({ target }) => {
    for (const menu of document.querySelectorAll(".run[open]")) if (!menu.contains(target)) menu.open = false
  })
document.addEventListener("keydown", ({ key, target }) => {
  const menu = key === "Escape" && target.closest(".run[open]")
  if (!menu) return
  menu.open = false
  menu.firstElementChild.focus()
})

// "Enlarge": the drawing as it is now, in a dialog. Without this script the link leads to the file.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".plot__take a:not([download])")
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  const figure = link.closest("figure"), dialog = document.createElement("dialog"), close = document.createElement("button")
  const drawing = figure.querySelector("svg").cloneNode(true)
  for (const part of drawing.querySelectorAll("[id]")) part.removeAttribute("id") // its twin in the page has them
  dialog.className = "plot__large"
  dialog.setAttribute("aria-label", "Enlarged figure")
  close.textContent = "Close"
  dialog.append(close, drawing)
  dialog.addEventListener("click", () => dialog.close())
  dialog.addEventListener("close", () => dialog.remove())
  figure.append(dialog)
  dialog.showModal()
})

// Terms: the meaning shows at the pointer and the focus; Escape hides it. A first tap shows it, a second follows the link.
{
  const note = Object.assign(document.createElement("div"), { className: "meaning", id: "__meaning", role: "tooltip" })
  let term, tapped
  const hide = () => {
    if (!term) return
    note.remove()
    term.title = note.textContent
    term.removeAttribute("aria-describedby")
    term = undefined
  }
  const show = ({ target }) => {
    const next = target.closest(".term")
    if (note.contains(target) || next === term) return
    hide()
    if (!next) return
    term = next
    note.textContent = term.title
    term.removeAttribute("title")
    term.setAttribute("aria-describedby", note.id)
    document.body.append(note)
    const { left, bottom } = [...term.getClientRects()].pop() // of its last line
    note.style.left = `${Math.max(8, Math.min(left, document.body.clientWidth - note.offsetWidth - 8))}px`
    note.style.top = `${bottom + scrollY}px`
  }
  document.addEventListener("pointerover", show)
  document.addEventListener("focusin", show)
  document.addEventListener("focusout", hide)
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide())
  document$.subscribe(hide)
  let touch = false // not every browser says so with the click
  addEventListener("pointerdown", ({ pointerType }) => (touch = pointerType === "touch"), true)
  addEventListener(
    "click",
    (event) => {
      const link = event.target.closest(".term")
      if (link && link !== tapped && touch && event.detail) {
        event.preventDefault()
        event.stopPropagation()
      }
      tapped = link
    },
    true,
  )
}

// A print has the light palette, and nothing in it is folded.
addEventListener("beforeprint", () => {
  const { dataset } = document.body, scheme = dataset.mdColorScheme
  const folded = document.querySelectorAll("article details:not([open], .run)")
  const fold = (open) => folded.forEach((part) => (part.open = open))
  dataset.mdColorScheme = "default"
  fold(true)
  addEventListener("afterprint", () => ((dataset.mdColorScheme = scheme), fold(false)), { once: true })
})

// Explorers: the script that draws them is loaded when the first one comes into view.
{
  const address = new URL("explorers.js", document.currentScript.src)
  let script, observer
  const load = () =>
    (script ??= new Promise((resolve, reject) => {
      const tag = Object.assign(document.createElement("script"), { src: address, onload: resolve, onerror: reject })
      document.head.append(tag)
    }))
  const forget = () => (script = undefined) // the next figure in view tries again
  document$.subscribe(() => {
    observer?.disconnect()
    observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue
          observer.unobserve(target)
          load().then(() => target.isConnected && startExplorer(target), forget)
        }
      },
      { rootMargin: "100px" },
    )
    for (const figure of document.querySelectorAll("figure[data-explorer]:not([data-started])")) observer.observe(figure)
  })
}

// What scrolls sideways is a stop of the keyboard, and only where it does. The page marks what is long; Material boxes the
// tables, and marks code only where a pointer hovers.
{
  const mark = (entries) => {
    const measured = entries.map(({ target }) => [target, target.scrollWidth > target.clientWidth])
    for (const [box, scrolls] of measured) {
      const table = box.className === "md-typeset__scrollwrap" && { role: "group", "aria-label": "Wide table" }
      const stop = { tabindex: 0, ...table }
      for (const name in stop) scrolls ? box.setAttribute(name, stop[name]) : box.removeAttribute(name)
    }
  }
  let observer
  document$.subscribe(() => {
    observer?.disconnect()
    observer = new ResizeObserver(mark) // told after Material's, for it is made later
    const boxes = ".md-typeset__scrollwrap, .plot__box, div.arithmatex, pre > :is(code, samp)"
    for (const box of document.querySelectorAll(boxes)) observer.observe(box)
  })
}

// Tables inside class="sortable": a press on a column's heading sorts the rows by it, up, then down.
document$.subscribe(() => {
  for (const table of document.querySelectorAll(".sortable table")) {
    const headings = [...table.tHead.rows[0].cells]
    headings.forEach((heading, column) => {
      if (heading.querySelector("button")) return
      const button = document.createElement("button")
      button.type = "button"
      button.append(...heading.childNodes)
      heading.append(button)
      button.addEventListener("click", () => {
        const down = heading.getAttribute("aria-sort") === "ascending"
        headings.forEach((other) => other.removeAttribute("aria-sort"))
        heading.setAttribute("aria-sort", down ? "descending" : "ascending")
        const text = (row) => row.cells[column].textContent.trim().replace(/−/g, "-")
        const compare = (one, two) => {
          const [a, b] = [parseFloat(one), parseFloat(two)]
          return isNaN(a) || isNaN(b) ? one.localeCompare(two, "en") : a - b
        }
        const rows = [...table.tBodies[0].rows].sort((one, two) => compare(text(one), text(two)))
        table.tBodies[0].append(...(down ? rows.reverse() : rows))
      })
    })
  }
})
