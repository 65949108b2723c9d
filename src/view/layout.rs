//! Where lanes and the things in them stand, in points.

use crate::music::Key;

/// A band of the lane area, from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Upper edge.
    pub top: f32,
    /// Lower edge.
    pub bottom: f32,
}

impl Band {
    /// Its height.
    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }
}

/// The rows of the lanes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rows {
    /// Height of each.
    pub height: f32,
    /// How far the rows are scrolled up.
    pub scroll: f32,
    lanes: usize,
    room: f32,
}

impl Rows {
    /// Lowest useful lane, in the points of a stage of 1920 by 1080.
    const MIN_HEIGHT: f32 = 96.0;
    /// Highest useful lane.
    const MAX_HEIGHT: f32 = 220.0;

    /// Rows for so many lanes in so much room; they share it as far as they stay useful. `scale`
    /// is the size of a point of the drawing at 1920 by 1080.
    pub fn new(lanes: usize, room: f32, scroll: f32, scale: f32) -> Self {
        let share = room / lanes.max(1) as f32;
        let height = share.clamp(Self::MIN_HEIGHT * scale, Self::MAX_HEIGHT * scale);
        let most = (height * lanes as f32 - room).max(0.0);
        Self {
            height,
            scroll: scroll.clamp(0.0, most),
            lanes,
            room,
        }
    }

    /// The band of a lane, measured from the top of the lane area; `None` if none of it is in view.
    pub fn band(&self, lane: usize) -> Option<Band> {
        let top = self.height * lane as f32 - self.scroll;
        let band = Band {
            top,
            bottom: top + self.height,
        };
        (lane < self.lanes && band.bottom > 0.0 && band.top < self.room).then_some(band)
    }

    /// The lane at so many points from the top of the lane area.
    pub fn lane_at(&self, y: f32) -> Option<usize> {
        let place = (y + self.scroll) / self.height;
        (y >= 0.0 && y < self.room && place < self.lanes as f32).then_some(place as usize)
    }

    /// The part of all lanes that is in view, 0 to 1; `None`: all of them are.
    pub fn in_view(&self) -> Option<(f32, f32)> {
        let whole = self.height * self.lanes as f32;
        let part = |y: f32| (y / whole).clamp(0.0, 1.0);
        (whole > self.room + 1.0).then(|| (part(self.scroll), part(self.scroll + self.room)))
    }

    /// The scroll that brings a lane wholly into view with the least movement.
    pub fn scroll_to(&self, lane: usize) -> f32 {
        let top = self.height * lane as f32;
        let bottom = top + self.height;
        self.scroll
            .clamp((bottom - self.room).max(0.0), top.max(0.0))
    }
}

/// How a lane is divided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneParts {
    /// Notes by pitch.
    pub notes: Band,
    /// Durable activities.
    pub strip: Band,
}

impl LaneParts {
    /// Divides a lane's band.
    pub fn of(band: Band) -> Self {
        let height = band.height();
        let strip = (height * 0.09).clamp(6.0, 15.0);
        let strip_bottom = band.bottom - (height * 0.09).min(12.0);
        Self {
            notes: Band {
                top: band.top + (height * 0.13).min(22.0),
                bottom: strip_bottom - strip - (height * 0.10).min(20.0),
            },
            strip: Band {
                top: strip_bottom - strip,
                bottom: strip_bottom,
            },
        }
    }

    /// The lane with only the notes of one voice of several, each with a band of its own.
    pub fn voice(&self, place: usize, voices: usize) -> Self {
        let share = self.notes.height() / voices.max(1) as f32;
        // So much of a voice's band is left free towards its neighbours.
        let gap = match voices {
            0 | 1 => 0.0,
            _ => (share * 0.12).min(5.0),
        };
        let top = self.notes.top + share * place as f32;
        Self {
            notes: Band {
                top: top + gap,
                bottom: top + share - gap,
            },
            strip: self.strip,
        }
    }

    /// The band of a note, given the lane's lowest and highest key.
    pub fn note(&self, key: Key, keys: (Key, Key)) -> Band {
        let (low, high) = keys;
        let span = f32::from(high.number()) - f32::from(low.number());
        let room = self.notes.height();
        // Thick enough to be seen, thin enough to be told from its neighbours.
        let least = (room * 0.11).max(7.0).min(room * 0.5);
        let most = (room * 0.16).max(12.0).min(room * 0.5);
        let thick = (room / (span + 1.0)).clamp(least, most);
        let part = match span > 0.0 {
            true => (f32::from(high.number()) - f32::from(key.number())) / span,
            false => 0.5,
        };
        let top = self.notes.top + part.clamp(0.0, 1.0) * (room - thick);
        Band {
            top,
            bottom: top + thick,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_never_overlap_and_fill_the_room_when_they_can() {
        for lanes in 1..30 {
            let rows = Rows::new(lanes, 700.0, 0.0, 1.0);
            let bands: Vec<_> = (0..lanes).filter_map(|lane| rows.band(lane)).collect();
            for pair in bands.windows(2) {
                assert!(pair[0].bottom <= pair[1].top + 0.01);
            }
            assert!(rows.height >= Rows::MIN_HEIGHT && rows.height <= Rows::MAX_HEIGHT);
        }
    }

    #[test]
    fn a_lane_can_be_scrolled_into_view() {
        let rows = Rows::new(20, 500.0, 0.0, 1.0);
        assert!(rows.band(19).is_none());
        let rows = Rows::new(20, 500.0, rows.scroll_to(19), 1.0);
        assert!(rows.band(19).is_some_and(|b| b.bottom <= 500.1));
    }

    #[test]
    fn higher_keys_stand_higher() {
        let parts = LaneParts::of(Band {
            top: 0.0,
            bottom: 110.0,
        });
        let keys = (Key::new(36).unwrap(), Key::new(60).unwrap());
        let low = parts.note(keys.0, keys);
        let high = parts.note(keys.1, keys);
        assert!(high.bottom < low.top);
        assert!(low.bottom <= parts.strip.top);
        assert!(high.top >= 0.0);
    }
}
