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
