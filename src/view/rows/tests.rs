use super::*;

fn rows(lanes: usize, selected: Option<usize>, focus: Focus) -> Rows {
    Rows::new(RowSpace {
        rows: lanes,
        headings: Vec::new(),
        pinned: 0,
        selected,
        focus,
        height: 842.0,
        scroll: 0.0,
        scale: 1.0,
    })
}

fn heights(rows: &Rows) -> Vec<f32> {
    rows.in_view().map(|(_, band)| band.height()).collect()
}

#[test]
fn a_few_lanes_fill_the_window_and_show_everything() {
    for lanes in 1..=10 {
        let rows = rows(lanes, Some(0), Focus::None);
        let shown = heights(&rows);
        assert_eq!(shown.len(), lanes);
        let whole: f32 = shown.iter().sum();
        assert!((whole - 842.0).abs() < 0.5, "{lanes} lanes: {whole}");
        assert_eq!(rows.style(lanes - 1), RowStyle::Full);
        assert_eq!(rows.part_in_view(), None);
    }
}

#[test]
fn many_lanes_have_lower_rows_and_the_selected_one_keeps_its_buttons() {
    for (lanes, style, least) in [
        (12, RowStyle::Compact, 12),
        (60, RowStyle::Compact, 18),
        (61, RowStyle::Heat, 50),
        (5_000, RowStyle::Heat, 50),
    ] {
        let rows = rows(lanes, Some(3), Focus::None);
        assert_eq!(rows.style(3), RowStyle::Full, "{lanes} lanes");
        assert_eq!(rows.style(4), style, "{lanes} lanes");
        let shown = rows.in_view().count();
        assert!(shown >= least, "{lanes} lanes: {shown} in view");
        let filled: f32 = heights(&rows).iter().sum();
        assert!(filled >= 841.0, "{lanes} lanes: {filled}");
    }
}

#[test]
fn in_focus_the_selected_lane_has_three_fifths_of_the_space() {
    for lanes in [2, 5, 30, 400] {
        let rows = rows(lanes, Some(1), Focus::Selected);
        let band = rows.band(1).unwrap();
        assert!((band.height() - 842.0 * 0.6).abs() < 0.5, "{lanes} lanes");
        assert!(rows.in_view().count() >= 2);
    }
    let alone = rows(1, Some(0), Focus::Selected);
    assert_eq!(heights(&alone), [842.0]);
}

#[test]
fn every_point_belongs_to_the_row_that_is_painted_there() {
    for lanes in [1, 7, 40, 400] {
        for focus in [Focus::None, Focus::Selected] {
            for scroll in [0.0, 123.0, 1e6] {
                let selected = Some(lanes / 3);
                let rows = Rows::new(RowSpace {
                    scroll,
                    ..rows(lanes, selected, focus).space.clone()
                });
                let mut below = f32::MIN;
                for (row, band) in rows.in_view() {
                    assert!(band.top >= below - 0.05, "{lanes} lanes: {row} overlaps");
                    below = band.bottom;
                    let middle = (band.top.max(0.0) + band.bottom.min(842.0)) / 2.0;
                    assert_eq!(rows.row_at(middle), Some(row), "{lanes} lanes");
                }
            }
        }
    }
}

#[test]
fn a_lane_can_be_scrolled_into_view() {
    for lanes in [40, 400] {
        let at = |scroll| {
            Rows::new(RowSpace {
                scroll,
                ..rows(lanes, Some(2), Focus::None).space.clone()
            })
        };
        let last = lanes - 1;
        assert!(at(0.0).band(last).is_none());
        let scrolled = at(at(0.0).scroll_to(last));
        assert!(scrolled.band(last).is_some_and(|b| b.bottom <= 842.1));
    }
}

/// Forty lanes, of which the first ones are pinned.
fn pinned(pinned: usize, scroll: f32) -> Rows {
    Rows::new(RowSpace {
        pinned,
        scroll,
        ..rows(40, Some(20), Focus::None).space
    })
}

#[test]
fn pinned_lanes_stay_at_the_top_while_the_others_scroll() {
    let rows = pinned(2, 300.0);
    let view: Vec<_> = rows.in_view().collect();
    let places: Vec<_> = view.iter().map(|(row, _)| *row).collect();
    assert_eq!(places[..2], [0, 1]);
    assert!(places[2] > 5, "{places:?}");
    assert_eq!((view[0].1.top, view[1].1.bottom), (0.0, 80.0));
    assert!(view[2].1.top <= 80.0 && view[2].1.bottom > 80.0);
    for y in 0..842 {
        let row = rows.row_at(y as f32 + 0.5).unwrap();
        let band = rows.band(row).unwrap();
        assert!(band.top <= y as f32 + 0.5 && band.bottom > y as f32, "{y}");
        assert_eq!(row < 2, y < 80);
    }
    // A lane that is scrolled into view is not behind the pinned ones.
    let shown = pinned(2, rows.scroll_to(4));
    let band = shown.band(4).unwrap();
    assert!(band.top >= 79.9, "{band:?}");
    assert_eq!(rows.scroll_to(1), rows.scroll, "it is in view");
}

#[test]
fn too_many_pinned_lanes_leave_room_for_the_others() {
    let rows = pinned(30, 1e6);
    assert!(rows.fixed_height() > 400.0 && rows.fixed_height() < 842.0 * 0.61);
    assert!(rows.band(39).is_some_and(|band| band.bottom <= 842.1));
}

#[test]
fn headings_are_thin_and_lanes_share_the_rest() {
    let rows = Rows::new(RowSpace {
        rows: 6,
        headings: vec![0, 3],
        ..rows(6, None, Focus::None).space
    });
    let heights = heights(&rows);
    assert_eq!((heights[0], heights[3]), (26.0, 26.0));
    let lane = (842.0 - 52.0) / 4.0;
    assert!((heights[1] - lane).abs() < 0.01 && (heights[5] - lane).abs() < 0.01);
    assert_eq!(rows.row_at(30.0), Some(1));
}
