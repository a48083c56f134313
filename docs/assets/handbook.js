// What a page does beyond reading. Material calls `document$` after each instant navigation.

// Explorers: the script that draws them comes when the first one comes into view.
{
  const address = new URL("explorers.js", document.currentScript.src)
  let script, observer
  const load = () =>
    (script ??= new Promise((resolve, reject) => {
      const tag = Object.assign(document.createElement("script"), { src: address, onload: resolve, onerror: reject })
      document.head.append(tag)
    }))
  document$.subscribe(() => {
    observer?.disconnect()
    observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue
          observer.unobserve(target)
          load().then(() => target.isConnected && startExplorer(target))
        }
      },
      { rootMargin: "100px" },
    )
    for (const figure of document.querySelectorAll("figure[data-explorer]:not([data-started])")) observer.observe(figure)
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
