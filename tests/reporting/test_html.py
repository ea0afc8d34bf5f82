"""The HTML report, opened in a real browser."""

from dataclasses import replace

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from harness.core.finding import Severity
from harness.core.hybrid import SelfReference, Source
from harness.reporting.as_html import render_html

NASTY = """</title></style></script></noscript><script>document.body.id="owned"</script><img src=x onerror="document.body.id='owned'">"'&amp;{{7*7}}"""


@pytest.fixture
def opened(browser, tmp_path):
    """Write the report to a file of its own and open it; nothing may complain."""

    def show(report, fragment=""):
        page = tmp_path / "report.html"
        page.write_text(render_html(report), encoding="utf-8")
        browser.get("about:blank")  # or a fragment alone would load nothing
        browser.get(f"{page.as_uri()}{fragment}")
        return browser

    yield show
    complaints = [entry["message"] for entry in browser.get_log("browser")]
    assert complaints == []


@pytest.fixture
def shop(make):
    """One hybrid of each verdict, and one that has only a warning."""
    forest = [
        {"id": 1, "parent_id": None, "cost": 5},
        {"id": 2, "parent_id": 1, "cost": 3},
        {"id": 3, "parent_id": 1, "cost": None},
    ]
    usages = [{"id": 1, "node_id": 3, "note": "it's"}]
    example = make.example(make.rows(nodes=forest, usages=usages), instance={"id": 3}, python="0", sql="None")
    return make.run(
        make.of(make.finding(counterexample=example), attribute="total"),
        make.of(reason="nothing is known of the type Odd()", attribute="odd"),
        make.of(attribute="clean"),
        make.of(
            make.finding(rule="HH209", severity=Severity.WARNING, counterexample=None), attribute="warned"
        ),
    )


def texts(within, selector):
    return [each.text for each in within.find_elements(By.CSS_SELECTOR, selector)]


def visible(browser, selector):
    """The texts of what can be seen, asked for in one go."""
    script = "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).map(e => e.textContent)"
    return browser.execute_script(script, selector)


def there(browser, selector, many):
    """Wait until so many are in the document."""
    WebDriverWait(browser, 30).until(lambda each: len(each.find_elements(By.CSS_SELECTOR, selector)) == many)


def names(browser):
    return [each.rpartition(".")[2] for each in visible(browser, "#table tbody th")]


def headings(browser):
    return [each.rpartition(".")[2] for each in visible(browser, ".hybrid h2")]


def style(element, name):
    return element.value_of_css_property(name)


def test_the_table_has_every_hybrid_with_its_verdict_and_rules(opened, shop):
    browser = opened(shop)
    assert browser.title == "Hybrids of shop:Base"
    assert texts(browser, ".counts li") == ["2 with errors or warnings", "1 untested", "1 ok"]
    assert names(browser) == ["total", "odd", "warned", "clean"]
    assert texts(browser, "#table .verdict") == ["1 error", "untested", "1 warning", "ok"]
    assert texts(browser, "#table .rules") == ["HH208", "", "HH209", ""]
    assert texts(browser, "#table td.number")[:4] == ["100", "1200", "1", "0.5"]


def test_a_finding_tells_cause_hint_values_and_command(opened, shop):
    browser = opened(shop)
    page = browser.find_element(By.ID, "hybrid-1")
    (finding,) = page.find_elements(By.CSS_SELECTOR, ".finding")
    assert texts(finding, "h3") == ["error HH208 values differ select"]
    assert texts(finding, ".message") == ["Python gives 1, SQL gives None."]
    assert texts(finding, ".hint") == ["What to do Say the same in _total."]
    assert texts(finding, ".hint code") == ["_total"]
    assert texts(finding, ".on") == ["On the row id = 3"]
    assert texts(finding, ".values div") == ["Python\n0", "SQL\nNULL"]
    assert texts(finding, ".again code") == [
        "hybrid-harness replay shop:Base::Node.total::HH208::select --seed 7"
    ]
    finding.find_element(By.CSS_SELECTOR, ".about summary").send_keys(Keys.ENTER)
    assert "Known limits" in finding.find_element(By.CSS_SELECTOR, ".about dl").text


def test_rows_of_a_self_referential_table_are_a_tree_and_others_a_table(opened, shop):
    browser = opened(shop)
    boxes = browser.find_elements(By.CSS_SELECTOR, ".forest .row")
    lines = {texts(box, "text")[0]: (texts(box, "text")[1:], box.rect) for box in boxes}
    assert {name: rest for name, (rest, _) in lines.items()} == {
        "id=1": ["cost=5"],
        "id=2": ["cost=3"],
        "id=3": ["cost=NULL"],
    }
    assert len(browser.find_elements(By.CSS_SELECTOR, ".forest .edge")) == 2
    parent, one, other = (lines[f"id={number}"][1] for number in (1, 2, 3))
    assert parent["y"] + parent["height"] < one["y"] == other["y"]
    assert one["x"] < parent["x"] < other["x"]
    assert one["x"] + one["width"] < other["x"]
    (failing,) = browser.find_elements(By.CSS_SELECTOR, ".forest .failing")
    assert texts(failing, "text")[0] == "id=3"
    others = [box for box in boxes if box != failing]
    drawn = [style(box.find_element(By.TAG_NAME, "rect"), "stroke") for box in [failing, *others]]
    assert drawn[0] not in drawn[1:]
    usages = browser.find_element(By.CSS_SELECTOR, '[aria-label="Rows of usages"]')
    assert texts(usages, "th") == ["id", "node_id", "note"]
    assert texts(usages, "td") == ["1", "3", '"it\'s"']
    picture = browser.find_element(By.CSS_SELECTOR, ".forest")
    assert "id 3, parent_id 1, cost NULL (the failing row)" in picture.get_attribute("aria-label")


def test_the_failing_row_of_a_plain_table_is_marked(opened, make):
    rows = make.rows(nodes=[{"id": 1}, {"id": 2}])
    finding = make.finding(counterexample=make.example(rows, instance={"id": 2}))
    browser = opened(make.run(make.of(finding, self_references=())))
    assert texts(browser, "table.rows .failing td") == ["2"]


def test_both_sides_the_sql_and_the_growth_are_shown(opened, shop):
    page = opened(shop).find_element(By.ID, "hybrid-1")
    assert texts(page, ".code figcaption") == [
        "Python side\napp/shop.py:6",
        "SQL side\napp/shop.py:10",
        "The SQL it becomes, selected with the key",
    ]
    assert texts(page, ".code pre") == [
        shop.hybrids[0].hybrid.python_source.text,
        shop.hybrids[0].hybrid.sql_source.text,
        shop.hybrids[0].select_sql,
    ]
    assert "SELECT" in texts(page, ".code .keyword")
    assert texts(page, ".growth .line text") == ["Python 101", "SQL 1"]
    chart = page.find_element(By.CSS_SELECTOR, ".growth svg").get_attribute("aria-label")
    assert chart == "The Python side sends 26 statements for 25 rows and 101 for 100; the SQL side sends 1."


def test_find_by_keyboard_alone(opened, shop):
    browser = opened(shop)
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys("/")
    find = browser.switch_to.active_element
    assert find.get_attribute("id") == "find"
    find.send_keys("hh208 NODE")
    assert (names(browser), headings(browser)) == (["total"], ["total"])
    assert browser.find_element(By.ID, "shown").text == "1 of 4"
    find.send_keys(" nowhere")
    assert (names(browser), headings(browser)) == ([], [])
    assert browser.find_element(By.ID, "none").is_displayed()
    find.send_keys(Keys.ESCAPE)
    assert len(names(browser)) == 4
    find.send_keys(Keys.TAB, Keys.ARROW_RIGHT)
    assert (names(browser), headings(browser)) == (["total", "warned"], ["total", "warned"])
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert names(browser) == ["odd"]


def test_sort_by_any_column_both_ways(opened, shop):
    report = replace(
        shop,
        hybrids=[
            replace(each, stats=replace(each.stats, comparisons=count))
            for each, count in zip(shop.hybrids, (9, 10, 100, 0), strict=True)
        ],
    )
    browser = opened(report)
    name, verdict, _, _, compared, _, _ = browser.find_elements(By.CSS_SELECTOR, "#table thead button")
    compared.send_keys(Keys.ENTER)
    assert names(browser) == ["clean", "odd", "total", "warned"], "as numbers, the largest first"
    compared.send_keys(Keys.ENTER)
    assert names(browser) == ["warned", "total", "odd", "clean"]
    name.click()
    assert names(browser) == ["clean", "odd", "total", "warned"]
    verdict.click()
    assert names(browser) == ["total", "warned", "odd", "clean"], "the worst first"
    sorted_by = browser.find_elements(By.CSS_SELECTOR, "#table th[aria-sort]")
    assert [(each.text, each.get_attribute("aria-sort")) for each in sorted_by] == [("Verdict", "descending")]


def test_what_needs_a_look_is_open_and_a_link_opens_the_rest(opened, shop):
    browser = opened(shop)

    def open_ones():
        return [each.get_attribute("id") for each in browser.find_elements(By.CSS_SELECTOR, ".hybrid[open]")]

    assert open_ones() == ["hybrid-1", "hybrid-2", "hybrid-3"]
    browser.find_element(By.LINK_TEXT, "Node.clean").send_keys(Keys.ENTER)
    assert open_ones() == ["hybrid-1", "hybrid-2", "hybrid-3", "hybrid-4"]
    assert browser.switch_to.active_element.tag_name == "summary"
    everything = browser.find_element(By.ID, "all")
    everything.click()
    everything.click()
    assert (open_ones(), everything.text) == ([], "Open all")
    opened(shop, "#hybrid-3")
    assert "hybrid-3" in open_ones()


def test_what_is_closed_is_all_there(opened, shop):
    browser = opened(shop)
    closed = browser.find_element(By.ID, "hybrid-4")
    assert visible(browser, "#hybrid-4 pre") == []
    closed.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    there(browser, "#hybrid-4 pre", 3)
    assert texts(closed, ".code pre")[2] == shop.hybrids[2].select_sql
    assert browser.find_elements(By.CSS_SELECTOR, "noscript") == []


def test_what_is_closed_is_found_by_the_browser(opened, make):
    browser = opened(make.run(*(make.of(attribute=f"h{number}") for number in range(30))))
    there(browser, ".hybrid pre", 3 * 30)


def test_without_scripts_everything_can_be_read(browser, shop, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(render_html(shop), encoding="utf-8")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(page.as_uri())
        closed = browser.find_element(By.ID, "hybrid-4")
        closed.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
        assert texts(closed, ".code pre")[2] == shop.hybrids[2].select_sql
        assert not browser.find_element(By.CSS_SELECTOR, ".controls").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_untested_says_why(opened, shop):
    page = opened(shop).find_element(By.ID, "hybrid-2")
    assert texts(page, ".note") == ["Not tested. nothing is known of the type Odd()"]


def test_markup_in_any_text_stays_text(opened, make):
    source = Source(NASTY, 3, NASTY)
    rows = make.rows(**{NASTY: [{"id": 1, NASTY: NASTY, "parent_id": 1}], "plain": [{NASTY: NASTY}]})
    finding = make.finding(
        name=NASTY,
        position=NASTY,
        message=f"{NASTY} `{NASTY}`",
        hint=NASTY,
        counterexample=make.example(rows, python=NASTY, sql=NASTY),
    )
    names_ = {
        "target": NASTY,
        "module": NASTY,
        "class_name": NASTY,
        "attribute": NASTY,
        "file": NASTY,
        "table": NASTY,
    }
    report = make.of(
        finding,
        reason=NASTY,
        shown_by=(NASTY, NASTY),
        python_source=source,
        sql_source=source,
        self_references=(SelfReference(NASTY, ("parent_id",), ("id",)),),
        **names_,
    )
    clean = make.of(python_source=source, sql_source=source, **names_)
    closed = replace(clean, select_sql=NASTY)
    run = replace(
        make.run(replace(report, select_sql=NASTY), closed, notices=(NASTY,), problems=(NASTY,)),
        targets=(NASTY,),
        provider=NASTY,
        server_version=NASTY,
    )
    browser = opened(run)
    assert browser.title == f"Hybrids of {NASTY}"
    assert browser.find_element(By.TAG_NAME, "body").get_attribute("id") == ""
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 1
    assert texts(browser, "h1") == [f"Hybrids of {NASTY}"]
    browser.find_element(By.CSS_SELECTOR, "#hybrid-2 summary").send_keys(Keys.ENTER)
    there(browser, ".code pre", 6)
    assert texts(browser, ".code pre") == [NASTY] * 6
    assert browser.find_element(By.TAG_NAME, "body").get_attribute("id") == ""
    assert texts(browser, ".values code") == [NASTY] * 2
    assert texts(browser, ".message code") == [NASTY]
    shown = browser.find_element(By.CSS_SELECTOR, ".forest title").get_property("textContent")
    assert shown == f"id = 1\n{NASTY} = {NASTY!r}\nparent_id = 1"


def test_nothing_comes_from_outside(opened, shop):
    browser = opened(shop)
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    links = browser.execute_script(
        "return [...document.querySelectorAll('[src],[href]')].map(e => e.getAttribute('href') || e.src)"
    )
    assert {link[0] for link in links} == {"#"}


def test_light_and_dark_follow_the_reader(opened, shop):
    browser = opened(shop)
    papers = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        body = browser.find_element(By.TAG_NAME, "body")
        papers.append((style(body, "background-color"), style(body, "color")))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    (light_paper, light_ink), (dark_paper, dark_ink) = (
        [brightness(each) for each in pair] for pair in papers
    )
    assert light_ink < 100 < light_paper
    assert dark_paper < 100 < dark_ink


def brightness(colour):
    return sum(int(part) for part in colour.partition("(")[2].rstrip(")").split(",")[:3]) / 3


def test_print_opens_everything_and_leaves_the_controls_out(opened, shop):
    browser = opened(shop)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".hybrid[open]")) == 4
    assert not browser.find_element(By.CSS_SELECTOR, ".controls").is_displayed()
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert len(browser.find_elements(By.CSS_SELECTOR, ".hybrid[open]")) == 3


def test_narrow_windows_scroll_down_only(opened, shop):
    browser = opened(shop)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    wide, window = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide <= window


def test_500_hybrids_open_and_filter(opened, make):
    """Those with findings are closed, so that there is little to lay out."""
    hybrids = [make.of(make.finding(), attribute=f"h{number:03}") for number in range(500)]
    browser = opened(make.run(*hybrids))
    assert len(names(browser)) == 500
    assert browser.find_elements(By.CSS_SELECTOR, ".hybrid[open]") == []
    browser.find_element(By.ID, "find").send_keys("node.h49")
    assert len(names(browser)) == len(headings(browser)) == 10
