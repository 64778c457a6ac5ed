"""The plan with handles."""

from minir1.lab.planner import plan_page


def test_a_page_has_the_headline_and_both_peaks():
    page = str(plan_page("h800_8", "h800", 8, 3072)._repr_markdown_())
    assert "h800_8 on 8 x h800" in page and "| replica | 31.9 | 0.0 |" in page
    assert "offload" in str(plan_page("h800_8", "4090", 8, 3072)._repr_markdown_()) or (
        "A server must sample" in str(plan_page("h800_8", "4090", 8, 3072)._repr_markdown_())
    )
