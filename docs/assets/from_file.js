// For pages that are opened as files, without a server; no other page loads this.

// Instant navigation needs a server, and without one Material would never report that the page is there.
{
  const config = JSON.parse(__config.textContent)
  config.features = config.features.filter((name) => !name.startsWith("navigation.instant"))
  __config.textContent = JSON.stringify(config)
  document.querySelector("link[rel=alternate]")?.remove() // Material takes the feed for a translation, and asks for its pages
}

// A link that ends in a slash needs the name of the page in that folder.
for (const kind of ["click", "auxclick"]) {
  const lead = ({ target }) => {
    const link = target.closest("a[href]")
    if (link?.protocol === "file:" && link.pathname.endsWith("/")) link.pathname += "index.html"
  }
  addEventListener(kind, lead, true)
}

// A browser starts no worker from a file: the search runs in an empty frame instead.
window.Worker = class extends EventTarget {
  constructor(address) {
    super()
    const frame = Object.assign(document.createElement("iframe"), { hidden: true })
    document.documentElement.append(frame)
    const inside = frame.contentWindow
    inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }))
    this.ready = new Promise((resolve) => {
      const script = Object.assign(inside.document.createElement("script"), { src: address, onload: resolve })
      inside.document.head.append(script)
    }).then(() => inside)
  }

  postMessage(data) {
    this.ready.then((inside) => inside.dispatchEvent(new MessageEvent("message", { data })))
  }
}
