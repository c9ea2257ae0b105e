#!/usr/bin/env python3
"""`check_links.py <folder of html>`: every link inside a site leads to a file and, with #, to a place in it, also those
of the search and of the tree at the side; and no page loads anything from elsewhere."""
import html.parser
import pathlib
import re
import sys
import urllib.parse

site = pathlib.Path(sys.argv[1]).resolve()


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads = set(), [], []
        self.feed(path.read_text(errors="replace"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.update(attributes[name] for name in ("id", "name") if attributes.get(name))
        if tag in ("a", "area") and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "link" and attributes.get("href"):
            self.loads.append(attributes["href"])
        elif attributes.get("src") or (tag == "object" and attributes.get("data")):
            self.loads.append(attributes.get("src") or attributes["data"])


pages = {path: Page(path) for path in site.rglob("*.html")}
problems = set()
count = 0


def follow(path, link):
    global count
    parts = urllib.parse.urlsplit(link)
    if parts.scheme or parts.netloc or link.startswith("javascript:"):
        return
    count += 1
    target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
    name = path.relative_to(site)
    if not target.exists():
        problems.add(f"{name}: no file {link}")
    elif parts.fragment and target in pages:
        if urllib.parse.unquote(parts.fragment) not in pages[target].ids:
            problems.add(f"{name}: no place {link}")


for path, page in pages.items():
    for link in page.links:
        follow(path, link)
    for link in page.loads:
        if urllib.parse.urlsplit(link).netloc:
            problems.add(f"{path.relative_to(site)}: loads {link}")
        follow(path, link)
for path in [*site.glob("search/*_*.js"), *site.glob("navtree*.js"), site / "menudata.js"]:
    for link in re.findall(r"""['"]((?:\.\./)?[\w.-]+\.html(?:#[\w.-]+)?)['"]""", path.read_text(errors="replace")):
        follow(path, link)

for problem in sorted(problems):
    print(problem)
print(f"{len(pages)} pages, {count} links, {len(problems)} of them lead nowhere or abroad")
sys.exit(bool(problems) or not pages)
