//! The audience's window: a second window for the projector, with lanes and captions and nothing else.

use serde::{Deserialize, Serialize};

use super::settings::WindowExtent;

/// What the operator has chosen for the audience's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Audience {
    /// Whether the window is open.
    pub presence: Presence,
    /// Whether it shows anything.
    pub curtain: Curtain,
    /// The size of its text.
    pub text: AudienceText,
    /// Whether it fills its screen.
    pub extent: WindowExtent,
}

/// Whether the audience's window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    /// It is closed.
    #[default]
    Closed,
    /// It is open.
    Open,
}

/// Whether the audience sees anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Curtain {
    /// The audience sees the performance.
    #[default]
    Raised,
    /// The audience's window is black.
    Black,
}

/// The size of the text for the audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AudienceText {
    /// For a room.
    #[default]
    Large,
    /// For a hall.
    Larger,
    /// For a theater.
    Largest,
}

impl Audience {
    /// Whether its window is open.
    pub fn is_open(&self) -> bool {
        self.presence == Presence::Open
    }

    /// Opens its window, or closes it. A new window shows the performance.
    pub fn toggle(&mut self) {
        self.curtain = Curtain::Raised;
        self.presence = match self.presence {
            Presence::Closed => Presence::Open,
            Presence::Open => Presence::Closed,
        };
    }

    /// Makes its window black, or shows the performance again.
    pub fn toggle_curtain(&mut self) {
        self.curtain = match self.curtain {
            Curtain::Raised => Curtain::Black,
            Curtain::Black => Curtain::Raised,
        };
    }

    /// Fills the screen with its window, or gives it a size of its own.
    pub fn toggle_extent(&mut self) {
        self.extent = match self.extent {
            WindowExtent::FullScreen => WindowExtent::Normal,
            WindowExtent::Normal | WindowExtent::Maximized => WindowExtent::FullScreen,
        };
    }

    /// What the last change of it says to the operator.
    pub fn words(&self) -> &'static str {
        match (self.presence, self.curtain) {
            (Presence::Closed, _) => "the audience's window is closed",
            (Presence::Open, Curtain::Black) => "the audience sees black",
            (Presence::Open, Curtain::Raised) => "the audience sees the lanes",
        }
    }
}

impl AudienceText {
    /// The next size.
    pub fn next(self) -> Self {
        match self {
            Self::Large => Self::Larger,
            Self::Larger => Self::Largest,
            Self::Largest => Self::Large,
        }
    }

    /// How many times as large as in the operator's window.
    pub fn scale(self) -> f32 {
        match self {
            Self::Large => 1.35,
            Self::Larger => 1.7,
            Self::Largest => 2.1,
        }
    }

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Large => "audience text: large",
            Self::Larger => "audience text: larger",
            Self::Largest => "audience text: largest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_is_opened_is_never_black() {
        let mut audience = Audience::default();
        audience.toggle();
        audience.toggle_curtain();
        assert_eq!(audience.words(), "the audience sees black");
        audience.toggle();
        audience.toggle();
        assert_eq!(audience.words(), "the audience sees the lanes");
    }

    #[test]
    fn the_text_has_three_sizes_each_larger_than_the_operators() {
        let mut size = AudienceText::default();
        let mut scales = Vec::new();
        for _ in 0..3 {
            scales.push(size.scale());
            size = size.next();
        }
        assert!(scales[0] > 1.0 && scales.is_sorted());
        assert_eq!(size, AudienceText::default());
    }
}
