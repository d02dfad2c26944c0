"""Check what a screen shows: accessibility by axe, and its width."""

from functools import cache

from playwright.async_api import Page

from infra.deploy.shell import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .map(each => `${each.id}: ${each.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`)"""
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


@cache
def axe() -> str:
    return AXE.read_text(encoding="utf-8")


async def check_screen(page: Page) -> None:
    """Fail if axe finds a violation, or if the page scrolls sideways."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe())
    violations = await page.evaluate(VIOLATIONS)
    assert not violations, "\n".join(violations)
    assert await page.evaluate(OVERFLOW) <= 0, "the page scrolls sideways"
