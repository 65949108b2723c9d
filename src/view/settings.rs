//! What the window remembers from one time to the next.
//!
//! The text is JSON with a version. Every field has a default and is read for itself: one that is missing
//! or makes no sense leaves the others as they are. Fields of later versions are kept.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    audience::{AudienceText, Presence},
    clock::SecondClock,
    motion::Motion,
    ui_state::{ReadingDistance, UiState},
};

/// The version of the format that is written.
const VERSION: u32 = 1;

/// Sizes and places of windows in points that make sense.
const SIZES: std::ops::RangeInclusive<f32> = 320.0..=16_000.0;
const PLACES: std::ops::RangeInclusive<f32> = -32_000.0..=32_000.0;

/// What the window remembers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// Size and place of the window.
    pub window: WindowPlace,
    /// The size of everything.
    pub reading_distance: ReadingDistance,
    /// Whether the inspector is open.
    pub inspector: Panel,
    /// Whether the meters are open.
    pub meters: Panel,
    /// What the second clock shows.
    pub clock: SecondClock,
    /// Whether changes are shown with motion.
    pub motion: Motion,
    /// Whether the audience's window is open.
    pub audience: Presence,
    /// The size of its text.
    pub audience_text: AudienceText,
    /// Size and place of it.
    pub audience_window: WindowPlace,
    /// Fields of later versions, which are written as they are.
    pub other: Map<String, Value>,
}

/// Where a window is on the desktop, in logical points.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WindowPlace {
    /// Width and height of its content; `None`: as the program sets it.
    pub size: Option<[f32; 2]>,
    /// Its upper left corner; `None`: as the desktop sets it, and always so on Wayland.
    pub position: Option<[f32; 2]>,
    /// How it fills the screen.
    pub extent: WindowExtent,
}

/// How a window fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WindowExtent {
    /// It has a size of its own.
    #[default]
    Normal,
    /// It fills the desktop.
    Maximized,
    /// It fills the screen, without a title.
    FullScreen,
}

/// Whether a panel is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Panel {
    /// As the program begins with it.
    #[default]
    Default,
    /// It is open.
    Open,
    /// It is closed.
    Closed,
}

impl Panel {
    /// Whether it is open, if `default` is how the program begins with it.
    fn or(self, default: bool) -> bool {
        match self {
            Self::Default => default,
            Self::Open => true,
            Self::Closed => false,
        }
    }

    fn of(open: bool) -> Self {
        match open {
            true => Self::Open,
            false => Self::Closed,
        }
    }
}

/// A text that is no settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not a JSON object: {0}")]
pub struct InvalidSettings(String);

impl Settings {
    /// Reads settings.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`] if the text is not a JSON object. Fields that make no sense have their defaults.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidSettings> {
        let fields = serde_json::from_slice::<Map<String, Value>>(text);
        let mut fields = fields.map_err(|error| InvalidSettings(error.to_string()))?;
        let version: u32 = take(&mut fields, "version");
        if version > VERSION {
            fields.insert("version".to_owned(), version.into());
        }
        let settings = Self {
            window: WindowPlace::take(&mut fields, "window"),
            reading_distance: take(&mut fields, "readingDistance"),
            inspector: take(&mut fields, "inspector"),
            meters: take(&mut fields, "meters"),
            clock: take(&mut fields, "clock"),
            motion: take(&mut fields, "motion"),
            audience: take(&mut fields, "audience"),
            audience_text: take(&mut fields, "audienceText"),
            audience_window: WindowPlace::take(&mut fields, "audienceWindow"),
            other: match version > VERSION {
                true => fields,
                false => Map::new(),
            },
        };
        Ok(settings)
    }

    /// The settings as text.
    pub fn to_text(&self) -> String {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("version", VERSION.into());
        put("window", self.window.to_json());
        put("readingDistance", json(&self.reading_distance));
        put("inspector", json(&self.inspector));
        put("meters", json(&self.meters));
        put("clock", json(&self.clock));
        put("motion", json(&self.motion));
        put("audience", json(&self.audience));
        put("audienceText", json(&self.audience_text));
        put("audienceWindow", self.audience_window.to_json());
        fields.extend(self.other.clone());
        format!("{:#}\n", Value::Object(fields))
    }

    /// These settings with what a user interface shows now.
    pub fn with_state(&self, state: &UiState) -> Self {
        Self {
            reading_distance: state.reading_distance,
            inspector: Panel::of(state.inspector),
            meters: Panel::of(state.meters),
            clock: state.clock,
            motion: state.motion,
            audience: state.audience.presence,
            audience_text: state.audience.text,
            ..self.clone()
        }
    }
}

impl UiState {
    /// The state as it was the last time.
    pub fn with_settings(mut self, settings: &Settings) -> Self {
        self.reading_distance = settings.reading_distance;
        self.inspector = settings.inspector.or(self.inspector);
        self.meters = settings.meters.or(self.meters);
        self.clock = settings.clock;
        self.motion = settings.motion;
        self.audience.presence = settings.audience;
        self.audience.text = settings.audience_text;
        self.audience.extent = settings.audience_window.extent;
        self.full_screen = settings.window.extent == WindowExtent::FullScreen;
        self
    }
}

impl WindowPlace {
    /// Takes the field of this name.
    fn take(fields: &mut Map<String, Value>, name: &str) -> Self {
        let mut place: Map<String, Value> = take(fields, name);
        let within = |range: &std::ops::RangeInclusive<f32>, pair: Option<[f32; 2]>| {
            pair.filter(|pair| pair.iter().all(|value| range.contains(value)))
        };
        Self {
            size: within(&SIZES, take(&mut place, "size")),
            position: within(&PLACES, take(&mut place, "position")),
            extent: take(&mut place, "extent"),
        }
    }

    fn to_json(self) -> Value {
        let mut fields = Map::new();
        // Parts of points are of no use, and change all the time.
        let whole = |pair: [f32; 2]| json(&pair.map(|value| value.round() as i32));
        if let Some(size) = self.size {
            fields.insert("size".to_owned(), whole(size));
        }
        if let Some(position) = self.position {
            fields.insert("position".to_owned(), whole(position));
        }
        fields.insert("extent".to_owned(), json(&self.extent));
        Value::Object(fields)
    }
}

/// Takes a field, or its default if it is missing or makes no sense.
fn take<T: DeserializeOwned + Default>(fields: &mut Map<String, Value>, name: &str) -> T {
    let field = fields.remove(name);
    let read = field.map(serde_json::from_value);
    read.and_then(Result::ok).unwrap_or_default()
}

fn json(value: &impl Serialize) -> Value {
    // Numbers and names can always be written.
    serde_json::to_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("settings/golden-1.json");

    #[test]
    fn settings_without_an_audience_can_still_be_read() {
        let settings = Settings::parse(GOLDEN.as_bytes()).unwrap();
        assert_eq!(settings.window.size, Some([1440.0, 810.0]));
        assert_eq!(settings.window.position, Some([-1200.0, 40.0]));
        assert_eq!(settings.window.extent, WindowExtent::Maximized);
        assert_eq!(settings.reading_distance, ReadingDistance::Hall);
        let state = UiState::default().with_settings(&settings);
        assert!(!state.inspector && state.meters && !state.full_screen);
        assert_eq!(
            (state.clock, state.motion),
            (SecondClock::Wall, Motion::Off)
        );
        assert_eq!(settings.with_state(&state), settings);
        assert_eq!(settings.audience, Presence::Closed);
    }

    #[test]
    fn the_audiences_window_is_remembered_with_its_place_and_its_text() {
        let text = include_str!("settings/golden-audience.json");
        let settings = Settings::parse(text.as_bytes()).unwrap();
        let state = UiState::default().with_settings(&settings);
        assert!(state.audience.is_open());
        assert_eq!(state.audience.text, AudienceText::Largest);
        assert_eq!(state.audience.extent, WindowExtent::FullScreen);
        assert_eq!(settings.audience_window.position, Some([1440.0, 0.0]));
        assert_eq!(settings.with_state(&state), settings);
        assert_eq!(settings.to_text(), text);
    }

    #[test]
    fn a_field_that_makes_no_sense_leaves_the_others_as_they_are() {
        for broken in [
            r#""size": [1440, 0]"#,
            r#""size": [1e30, 800]"#,
            r#""size": "large""#,
            r#""size": [1440]"#,
        ] {
            let text = GOLDEN.replace("\"size\": [\n      1440,\n      810\n    ]", broken);
            assert_ne!(text, GOLDEN);
            let settings = Settings::parse(text.as_bytes()).unwrap();
            assert_eq!(settings.window.size, None, "{broken}");
            assert_eq!(settings.window.position, Some([-1200.0, 40.0]));
            assert_eq!(settings.reading_distance, ReadingDistance::Hall);
        }
        let odd = br#"{"version": "x", "window": 3, "readingDistance": 9, "meters": "open"}"#;
        let settings = Settings::parse(odd).unwrap();
        assert_eq!(settings.meters, Panel::Open);
        assert_eq!(settings.window, WindowPlace::default());
        assert_eq!(Settings::parse(b"{}"), Ok(Settings::default()));
    }

    #[test]
    fn what_is_no_object_is_no_settings() {
        for text in ["", "{", "[]", "3", "\u{0}\u{0}\u{0}"] {
            assert!(Settings::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(Settings::parse(&[0xff, 0xfe]).is_err());
        let deep = "[".repeat(100_000);
        assert!(Settings::parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn fields_of_a_later_version_are_kept() {
        let later = r#"{"version": 2, "meters": "open", "carpet": "red"}"#;
        let settings = Settings::parse(later.as_bytes()).unwrap();
        assert_eq!(settings.meters, Panel::Open);
        let text = settings.to_text();
        assert!(text.contains("\"carpet\": \"red\"") && text.contains("\"version\": 2"));
    }
}
