"""The projection keeps shapes, labels keep apart, and lines are cut at the antimeridian."""

import pytest
from tests.builders import line, study_of

from sogdia.report.map import (
    PALETTE,
    LabelSpace,
    Projection,
    cut,
    fit_labels,
    line_style,
    link_courses,
    pieces,
)

PAGE = Projection.of((0.0, 20.0, 50.0, 70.0), width=100.0, headroom=10.0)


def fitted(places, *, page=PAGE, dots=(), **options):
    space = LabelSpace(10.0, dots)
    asked = {"margin": 0.0, "limit": 9} | options
    return list(fit_labels(places, page, space=space, **asked))


def test_corners_of_the_window_are_corners_of_the_page():
    assert PAGE(0.0, 70.0) == (0.0, 10.0)
    assert PAGE(20.0, 50.0) == pytest.approx((100.0, PAGE.height))


def test_shapes_are_true_at_the_middle_latitude():
    # at 60 degrees north a degree of longitude is half as long as one of latitude
    assert PAGE.squeeze == pytest.approx(0.5)
    assert PAGE.height - 10.0 == pytest.approx(200.0)


def test_a_label_stands_beside_its_place():
    (label,) = fitted([("Alat", 2.0, 60.0)])
    assert (label.right, label.left - label.right) == (10.0, 5.0)
    assert label.baseline == label.down - 3


def test_a_label_at_the_edge_stands_on_the_left():
    (label,) = fitted([("Alat", 19.0, 60.0)])
    assert label.left + LabelSpace(10.0).length("Alat") == pytest.approx(label.right)


def test_the_less_important_of_two_labels_is_left_out():
    places = [("Alat", 2.0, 60.0), ("Baku", 2.2, 60.1), ("Poti", 2.0, 55.0)]
    assert [label.text for label in fitted(places)] == ["Alat", "Poti"]


def test_with_both_sides_it_changes_places_instead():
    places = [("Alat", 10.0, 60.0), ("Baku", 10.2, 60.1)]
    first, second = fitted(places, both_sides=True)
    assert second.left < first.left
    assert second.left >= 0.0


def test_no_label_lies_over_a_dot():
    (label,) = fitted([("Alat", 10.0, 60.0)], dots=[PAGE(12.0, 60.2)], both_sides=True)
    assert label.left < label.right


def test_labels_stay_on_the_page_and_are_counted():
    far = [("Alat", 30.0, 60.0)]
    assert fitted(far) == []
    assert len(fitted([("A", 2.0, 60.0), ("B", 2.0, 55.0)], limit=1)) == 1
    wide = "A name that is longer than the whole page is wide"
    assert fitted([(wide, 10.0, 60.0)], both_sides=True) == []


def test_a_line_over_the_antimeridian_is_two():
    first, second = pieces((-170.0, 10.0), (160.0, -20.0))
    assert first == ((-170.0, 10.0), (-180.0, 0.0))
    assert second == ((180.0, 0.0), (160.0, -20.0))
    assert pieces((-90.0, 0.0), (90.0, 0.0)) == [((-90.0, 0.0), (90.0, 0.0))]
    assert pieces((180.0, 5.0), (-180.0, 5.0)) == [
        ((180.0, 5.0), (180.0, 5.0)),
        ((-180.0, 5.0), (-180.0, 5.0)),
    ]


def test_a_course_over_the_antimeridian_is_two_lines():
    assert cut([(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)]) == [[(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)]]
    assert cut([(170.0, 0.0), (-170.0, 0.0), (-160.0, 5.0)]) == [
        [(170.0, 0.0), (180.0, 0.0)],
        [(-180.0, 0.0), (-170.0, 0.0), (-160.0, 5.0)],
    ]
    assert PAGE.moves([(2.0, 60.0), (4.0, 60.0)]) == "M10.0 110.0L20.0 110.0"
    assert PAGE.moves([(170.0, 60.0), (-170.0, 60.0)]).count("M") == 2


def test_links_run_by_their_geometry_and_reach_their_nodes():
    study = study_of(
        node=[{"node_id": name, "x_coord": x, "y_coord": 0.0} for name, x in (("A", 0), ("B", 9))],
        link=[
            line("A", "B", geometry="LINESTRING (0 0, 5 5, 9 0)"),
            line("B", "A", geometry="LINESTRING (9 0.2, 5 5, 0 0.1)"),
            line("A", "B", link_id="straight"),
        ],
    )
    assert link_courses(study.link, study.node) == {
        "A-B": ((0.0, 0.0), (5.0, 5.0), (9.0, 0.0)),
        "B-A": ((9.0, 0.0), (9.0, 0.2), (5.0, 5.0), (0.0, 0.1), (0.0, 0.0)),
        "straight": ((0.0, 0.0), (9.0, 0.0)),
    }


def test_lines_have_a_colour_each_and_then_again_hollow():
    count = len(PALETTE)
    assert [line_style(rank) for rank in (1, count, count + 1, 2 * count + 1)] == [
        (0, False),
        (count - 1, False),
        (0, True),
        (0, False),
    ]


@pytest.mark.parametrize(("side", "page"), [(0, "#ffffff"), (1, "#14181c")])
def test_lines_stand_out_from_the_page(side, page):
    """Contrast of graphical objects, at least three to one (WCAG 2.1, 1.4.11)."""

    def luminance(colour):
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for pair in PALETTE:
        low, high = sorted([luminance(pair[side]), luminance(page)])
        assert (high + 0.05) / (low + 0.05) >= 3.0, pair[side]
