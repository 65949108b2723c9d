//! The rows of the lane area, in points: as high as the space allows, and what each of them can show.

use super::layout::Band;

/// What is shown in the row of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowStyle {
    /// Notes and activities, and a header with buttons.
    Full,
    /// One line of bars, and a header of one or two lines.
    Compact,
    /// How much happened when, and the name.
    Heat,
}

/// Whether the selected lane has most of the space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// All lanes share the space.
    #[default]
    None,
    /// The selected lane has most of it.
    Selected,
}

/// What the rows have to show, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowSpace {
    /// Number of lanes.
    pub lanes: usize,
    /// The selected one.
    pub selected: Option<usize>,
    /// Whether it has most of the space.
    pub focus: Focus,
    /// The height of the lane area.
    pub height: f32,
    /// The scroll offset.
    pub scroll: f32,
    /// The size of a point of the design at 1920 by 1080.
    pub scale: f32,
}

/// The rows of the lane area. All have the same height but that of the selected lane, which may have more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rows {
    /// Scroll offset.
    pub scroll: f32,
    space: RowSpace,
    even: f32,
    /// The selected row with its height, if that is another one.
    large: Option<(usize, f32)>,
}

impl Rows {
    /// The least height of a row with notes, activities and buttons.
    const FULL: f32 = 78.0;
    /// The least height of a row with one line of bars.
    const COMPACT: f32 = 40.0;
    /// The least height of any row.
    const HEAT: f32 = 14.0;
    /// With more lanes, they are shown as heat rows.
    const MOST_COMPACT: usize = 60;
    /// The selected lane among lower ones.
    const SELECTED: f32 = 132.0;
    /// The part of the space that the selected lane has in focus.
    const FOCUS: f32 = 0.6;

    /// The rows for a space.
    pub fn new(space: RowSpace) -> Self {
        let RowSpace { height, scale, .. } = space;
        let selected = space.selected.filter(|place| *place < space.lanes);
        let share = height / space.lanes.max(1) as f32;
        let others = space.lanes.saturating_sub(1);
        let large = match (selected, space.focus) {
            (None, _) => None,
            (_, _) if others == 0 => None,
            (Some(place), Focus::Selected) => Some((place, height * Self::FOCUS)),
            (Some(_), Focus::None) if share >= Self::SELECTED * scale => None,
            (Some(place), Focus::None) => {
                Some((place, (Self::SELECTED * scale).min(height * 0.5).max(share)))
            }
        };
        let least = match space.lanes <= Self::MOST_COMPACT {
            true => Self::COMPACT,
            false => Self::HEAT,
        };
        let even = match large {
            Some((_, large)) => (height - large) / others.max(1) as f32,
            None => share,
        };
        let even = even.max(least * scale);
        let mut rows = Self {
            scroll: 0.0,
            space,
            even,
            large,
        };
        rows.scroll = space.scroll.clamp(0.0, (rows.whole() - height).max(0.0));
        rows
    }

    /// The height of all rows.
    fn whole(&self) -> f32 {
        self.top_of(self.space.lanes)
    }

    /// The upper edge of a row, from that of the first.
    fn top_of(&self, row: usize) -> f32 {
        let more = match self.large {
            Some((place, height)) if place < row => height - self.even,
            _ => 0.0,
        };
        self.even * row as f32 + more
    }

    fn height_of(&self, row: usize) -> f32 {
        match self.large {
            Some((place, height)) if place == row => height,
            _ => self.even,
        }
    }

    /// The band of a row, from the top of the lane area; `None` if it is out of view.
    pub fn band(&self, row: usize) -> Option<Band> {
        let top = self.top_of(row) - self.scroll;
        let band = Band {
            top,
            bottom: top + self.height_of(row),
        };
        let in_view = band.bottom > 0.0 && band.top < self.space.height;
        (row < self.space.lanes && in_view).then_some(band)
    }

    /// The rows in view, from the top, with their bands.
    pub fn in_view(&self) -> impl Iterator<Item = (usize, Band)> {
        let first = self.row_at(0.0).unwrap_or(0);
        (first..self.space.lanes).map_while(|row| Some((row, self.band(row)?)))
    }

    /// What a row shows.
    pub fn style(&self, row: usize) -> RowStyle {
        let height = self.height_of(row) / self.space.scale + 0.01;
        if height >= Self::FULL {
            RowStyle::Full
        } else if height >= Self::COMPACT * 0.7 {
            RowStyle::Compact
        } else {
            RowStyle::Heat
        }
    }

    /// The row at `y` points from the top of the lane area.
    pub fn row_at(&self, y: f32) -> Option<usize> {
        if y < 0.0 || y >= self.space.height {
            return None;
        }
        let y = y + self.scroll;
        let row = match self.large {
            Some((place, height)) if y >= self.top_of(place) => {
                let below = y - self.top_of(place) - height;
                match below < 0.0 {
                    true => place,
                    false => place + 1 + (below / self.even) as usize,
                }
            }
            _ => (y / self.even) as usize,
        };
        (row < self.space.lanes).then_some(row)
    }

    /// The part of all rows that is in view, 0 to 1; `None` if all are.
    pub fn part_in_view(&self) -> Option<(f32, f32)> {
        let whole = self.whole();
        let part = |y: f32| (y / whole).clamp(0.0, 1.0);
        let height = self.space.height;
        (whole > height + 1.0).then(|| (part(self.scroll), part(self.scroll + height)))
    }

    /// The scroll offset that brings a row into view with the least movement.
    pub fn scroll_to(&self, row: usize) -> f32 {
        let top = self.top_of(row);
        let bottom = top + self.height_of(row);
        self.scroll
            .clamp((bottom - self.space.height).max(0.0), top.max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lanes: usize, selected: Option<usize>, focus: Focus) -> Rows {
        Rows::new(RowSpace {
            lanes,
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
                        ..rows(lanes, selected, focus).space
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
                    ..rows(lanes, Some(2), Focus::None).space
                })
            };
            let last = lanes - 1;
            assert!(at(0.0).band(last).is_none());
            let scrolled = at(at(0.0).scroll_to(last));
            assert!(scrolled.band(last).is_some_and(|b| b.bottom <= 842.1));
        }
    }
}
