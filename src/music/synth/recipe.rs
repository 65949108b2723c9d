//! A patch as its file describes it: the sound generator, the envelope, and the place in the mix.
//! `assets/patches/README.md` explains every parameter.

use serde::Deserialize;

use super::{analog, envelope::Contour, fm, modal, organ, pluck, units};

/// The effect that a voice passes through before the master bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Insert {
    #[default]
    Direct,
    Chorus,
    Rotary,
}

/// The sound generator.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::large_enum_variant,
    reason = "a patch travels by value, so that the audio callback frees nothing"
)]
pub(super) enum Tone {
    Analog(analog::Setting),
    Fm(fm::Setting),
    Pluck(pluck::Setting),
    Organ(organ::Setting),
    Modal(modal::Setting),
}

/// The parameters of a patch. It owns no memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    /// The nearest General MIDI program.
    pub(super) program: u8,
    pub(super) gain: f32,
    pub(super) reverb: f32,
    pub(super) delay: f32,
    pub(super) insert: Insert,
    pub(super) contour: Contour,
    /// How much a soft touch lengthens the attack, as a share.
    pub(super) lazy: f32,
    pub(super) tone: Tone,
}

/// The contents of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatchFile {
    program: u8,
    #[serde(deserialize_with = "units::level")]
    gain: f32,
    #[serde(default, deserialize_with = "units::share")]
    reverb: f32,
    #[serde(default, deserialize_with = "units::share")]
    delay: f32,
    #[serde(default)]
    insert: Insert,
    #[serde(default, deserialize_with = "units::share")]
    lazy: f32,
    envelope: Contour,
    analog: Option<analog::Setting>,
    fm: Option<fm::Setting>,
    string: Option<pluck::Setting>,
    organ: Option<organ::Setting>,
    modal: Option<modal::Setting>,
}

/// An error in the text of a patch. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParseError {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
}

impl Recipe {
    /// The nearest General MIDI program.
    pub(crate) fn program(&self) -> u8 {
        self.program
    }

    #[cfg(test)]
    pub(crate) fn gain(&self) -> f32 {
        self.gain
    }

    /// Parses the text of a patch.
    pub(crate) fn read(text: &str) -> Result<Self, ParseError> {
        let at = |offset: usize, message: String| {
            let before = text.get(..offset).unwrap_or(text);
            let line = before.rsplit('\n').next().unwrap_or_default();
            ParseError {
                line: before.matches('\n').count() + 1,
                column: line.chars().count() + 1,
                message,
            }
        };
        let page: PatchFile = toml_edit::de::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            at(offset, error.message().trim().replace('\n', ", "))
        })?;
        let tones = [
            page.analog.map(Tone::Analog),
            page.fm.map(Tone::Fm),
            page.string.map(Tone::Pluck),
            page.organ.map(Tone::Organ),
            page.modal.map(Tone::Modal),
        ];
        let mut tones = tones.into_iter().flatten();
        let (Some(tone), None) = (tones.next(), tones.next()) else {
            let message = "exactly one of [analog], [fm], [string], [organ] and [modal] is needed";
            return Err(at(0, message.into()));
        };
        if page.program > 127 {
            let offset = text.find("program").unwrap_or(0);
            let message = format!("a program from 0 to 127 is expected, not {}", page.program);
            return Err(at(offset, message));
        }
        Ok(Self {
            program: page.program,
            gain: page.gain,
            reverb: page.reverb,
            delay: page.delay,
            insert: page.insert,
            contour: page.envelope,
            lazy: page.lazy,
            tone,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../../assets/patches/bass.toml");

    fn mistake(from: &str, to: &str) -> ParseError {
        assert!(TEXT.contains(from), "{from}");
        Recipe::read(&TEXT.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn an_error_has_a_position() {
        let line = |word: &str| TEXT.lines().position(|l| l.starts_with(word)).unwrap() + 1;
        let wrong = mistake("attack = 0.003", "attack = nan");
        assert_eq!((wrong.line, wrong.column), (line("attack"), 10));
        assert!(wrong.message.contains("from 0 to 20"), "{wrong:?}");
        let wrong = mistake("attack = 0.003", "attack = 1e30");
        assert!(wrong.message.contains("from 0 to 20"), "{wrong:?}");
        let wrong = mistake("attack", "attak");
        assert!(wrong.message.contains("attak"), "{wrong:?}");
        assert_eq!(wrong.line, line("attack"));
        let wrong = mistake("[analog]", "[fm]\npairs = []\ngain = 1.0\n[analog]");
        assert!(wrong.message.contains("exactly one"), "{wrong:?}");
        let wrong = mistake("program = 33", "program = 200");
        assert_eq!((wrong.line, wrong.column), (line("program"), 1));
        assert!(mistake("program = 33", "program = [").line >= 1);
    }

    #[test]
    fn no_text_panics() {
        for cut in 0..TEXT.len() {
            if let Some(text) = TEXT.get(..cut) {
                let _ = Recipe::read(text);
            }
        }
        for (at, _) in TEXT.char_indices() {
            for strange in ["-", "[", "nan", "9e99", "\u{0}", "\""] {
                let (before, after) = TEXT.split_at(at);
                let _ = Recipe::read(&format!("{before}{strange}{after}"));
            }
        }
    }
}
