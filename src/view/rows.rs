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
#[derive(Debug, Clone, PartialEq)]
pub struct RowSpace {
    /// Number of rows: lanes and headings.
    pub rows: usize,
    /// The rows that are headings, from the top.
    pub headings: Vec<usize>,
    /// How many rows, at the top, are pinned.
    pub pinned: usize,
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

/// The rows of the lane area. Lanes have the same height but the selected one, which may have more;
/// headings are thin. Pinned rows do not scroll, as far as they leave room for others.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Scroll offset.
    pub scroll: f32,
    space: RowSpace,
    /// The upper edges of the rows, from that of the first, and the lower edge of the last.
    edges: Vec<f32>,
    /// How many rows do not scroll.
    fixed: usize,
}

impl Rows {
    /// The least height of a row with notes, activities and buttons.
    const FULL: f32 = 78.0;
    /// The least height of a row with one line of bars.
    const COMPACT: f32 = 40.0;
    /// The least height of any lane.
    const HEAT: f32 = 14.0;
    /// The height of a heading.
    const HEADING: f32 = 26.0;
    /// With more lanes, they are shown as heat rows.
    const MOST_COMPACT: usize = 60;
    /// The selected lane among lower ones.
    const SELECTED: f32 = 132.0;
    /// The part of the space that the selected lane has in focus.
    const FOCUS: f32 = 0.6;
    /// The most of the space that does not scroll, if anything does.
    const MOST_FIXED: f32 = 0.6;

    /// The rows for a space.
    pub fn new(space: RowSpace) -> Self {
        let scale = space.scale;
        let lanes = space.rows.saturating_sub(space.headings.len());
        let heading = Self::HEADING * scale;
        let height = space.height - heading * space.headings.len() as f32;
        let selected = space.selected.filter(|place| *place < space.rows);
        let share = height / lanes.max(1) as f32;
        let others = lanes.saturating_sub(1);
        let large = match (selected, space.focus) {
            (None, _) => None,
            (_, _) if others == 0 => None,
            (Some(place), Focus::Selected) => Some((place, space.height * Self::FOCUS)),
            (Some(_), Focus::None) if share >= Self::SELECTED * scale => None,
            (Some(place), Focus::None) => {
                let most = (Self::SELECTED * scale).min(space.height * 0.5);
                Some((place, most.max(share)))
            }
        };
        let least = match lanes <= Self::MOST_COMPACT {
            true => Self::COMPACT,
            false => Self::HEAT,
        };
        let even = match large {
            Some((_, large)) => (height - large) / others.max(1) as f32,
            None => share,
        };
        let even = even.max(least * scale);
        let mut headings = space.headings.iter().copied().peekable();
        let mut edges = Vec::with_capacity(space.rows + 1);
        let mut edge = 0.0;
        for row in 0..space.rows {
            edges.push(edge);
            edge += match (headings.next_if_eq(&row), large) {
                (Some(_), _) => heading,
                (None, Some((place, large))) if place == row => large,
                (None, _) => even,
            };
        }
        edges.push(edge);
        let mut rows = Self {
            scroll: 0.0,
            space,
            edges,
            fixed: 0,
        };
        rows.fix();
        let most = rows.whole() - rows.space.height;
        rows.scroll = rows.space.scroll.clamp(0.0, most.max(0.0));
        rows
    }

    /// Finds the rows that do not scroll.
    fn fix(&mut self) {
        let room = match self.whole() > self.space.height + 1.0 {
            true => self.space.height * Self::MOST_FIXED,
            false => self.space.height + 1.0,
        };
        let pinned = 0..self.space.pinned.min(self.space.rows);
        let fits = |row: &usize| self.top_of(row + 1) <= room;
        self.fixed = pinned.take_while(fits).count();
    }

    /// The height of all rows.
    fn whole(&self) -> f32 {
        self.edges.last().copied().unwrap_or(0.0)
    }

    /// The upper edge of a row, from that of the first.
    fn top_of(&self, row: usize) -> f32 {
        let edge = self.edges.get(row).copied();
        edge.unwrap_or_else(|| self.whole())
    }

    fn height_of(&self, row: usize) -> f32 {
        self.top_of(row + 1) - self.top_of(row)
    }

    /// The height of the rows that do not scroll. Others can be seen below them.
    pub fn fixed_height(&self) -> f32 {
        self.top_of(self.fixed)
    }

    /// Whether a row does not scroll.
    pub fn is_fixed(&self, row: usize) -> bool {
        row < self.fixed
    }

    /// The band of a row, from the top of the lane area; `None` if it is out of view.
    pub fn band(&self, row: usize) -> Option<Band> {
        let (scroll, edge) = match self.is_fixed(row) {
            true => (0.0, 0.0),
            false => (self.scroll, self.fixed_height()),
        };
        let top = self.top_of(row) - scroll;
        let band = Band {
            top,
            bottom: top + self.height_of(row),
        };
        let in_view = band.bottom > edge && band.top < self.space.height;
        (row < self.space.rows && in_view).then_some(band)
    }

    /// The rows in view, from the top, with their bands.
    pub fn in_view(&self) -> impl Iterator<Item = (usize, Band)> {
        let first = self.row_at(self.fixed_height()).unwrap_or(self.fixed);
        let rows = (0..self.fixed).chain(first.max(self.fixed)..self.space.rows);
        rows.map_while(|row| Some((row, self.band(row)?)))
    }

    /// What a lane shows in a row.
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
        let y = match y < self.fixed_height() {
            true => y,
            false => y + self.scroll,
        };
        let row = self.edges.partition_point(|edge| *edge <= y);
        row.checked_sub(1).filter(|row| *row < self.space.rows)
    }

    /// The part of the rows that scroll which is in view, 0 to 1; `None` if all are.
    pub fn part_in_view(&self) -> Option<(f32, f32)> {
        let fixed = self.fixed_height();
        let (whole, height) = (self.whole() - fixed, self.space.height - fixed);
        let part = |y: f32| (y / whole).clamp(0.0, 1.0);
        (whole > height + 1.0).then(|| (part(self.scroll), part(self.scroll + height)))
    }

    /// The scroll offset that brings a row into view with the least movement.
    pub fn scroll_to(&self, row: usize) -> f32 {
        if self.is_fixed(row) {
            return self.scroll;
        }
        let top = self.top_of(row) - self.fixed_height();
        let bottom = self.top_of(row + 1);
        let least = (bottom - self.space.height).max(0.0);
        self.scroll.clamp(least.min(top), top.max(0.0))
    }
}

#[cfg(test)]
mod tests;
