// The page for addresses that lead nowhere: the pages whose addresses are most like the one asked for.
{
  const pairs = (text) => new Set([...text].map((_, place) => text.slice(place, place + 2)))
  const likeness = (one, two) => {
    const [a, b] = [pairs(one), pairs(two)]
    return (2 * [...a].filter((pair) => b.has(pair)).length) / (a.size + b.size || 1)
  }
  const root = document.querySelector(".md-header .md-logo").pathname
  const decoded = (path) => {
    try {
      return decodeURI(path)
    } catch {
      return path // a stray percent sign
    }
  }
  const within = (path) => decoded(path.slice(root.length)).toLowerCase().replace(/(index)?(\.\w+)?\/*$/, "")
  const last = (path) => path.split("/").pop()
  const asked = within(location.pathname)
  const found = [...document.querySelectorAll(".md-nav--primary a[href]")]
    .map((link) => [link, within(link.pathname)])
    .map(([link, path]) => [link, likeness(asked, path) + likeness(last(asked), last(path))])
    .sort(([, one], [, two]) => two - one)
    .slice(0, 3)
    .filter(([, value], place, [[, best]]) => value > 0.9 && value > 0.8 * best)
  const search = document.getElementById("search-here")
  search.href += encodeURIComponent(last(asked).replace(/[-_]/g, " "))
  if (found.length) {
    const hint = document.createElement("p")
    hint.append("Did you mean ")
    found.forEach(([link], place) => {
      const nearest = document.createElement("a")
      nearest.href = link.href
      nearest.textContent = link.textContent.trim()
      hint.append(place ? " or " : "", nearest)
    })
    hint.append("?")
    search.closest("p").before(hint)
  }
}
