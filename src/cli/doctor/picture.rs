//! Can the stage be seen: display, graphics, fonts.

use super::finding::Finding;

#[cfg(not(feature = "stage"))]
pub(super) fn check() -> Vec<Finding> {
    Vec::new()
}

#[cfg(feature = "stage")]
pub(super) fn check() -> Vec<Finding> {
    use crate::stage::look;
    let judged = judge_graphics(look::has_display(), &look::graphics());
    vec![judged, judge_fonts(look::fonts_load())]
}

#[cfg(feature = "stage")]
fn judge_graphics(display: bool, cards: &[crate::stage::look::Graphics]) -> Finding {
    use super::finding::Verdict;

    let real: Vec<_> = cards.iter().filter(|card| card.is_hardware).collect();
    let (verdict, figure) = match (display, real.first(), cards.first()) {
        (false, ..) => (Verdict::Bad, "no display: the stage cannot open".to_owned()),
        (true, Some(card), _) => (Verdict::Good, card.name.clone()),
        (true, None, Some(card)) => (
            Verdict::Usable,
            format!("the processor paints ({})", card.name),
        ),
        (true, None, None) => (Verdict::Usable, "the processor paints".to_owned()),
    };
    Finding {
        name: "graphics",
        verdict,
        figure,
        remedy: match display {
            true => {
                "Install the driver of the graphics card (on Linux see `vulkaninfo --summary` and \
                 `glxinfo -B`); without one the picture is painted 20 times a second."
            }
            false => "Start from a desktop, or perform without a window: `fermata play`.",
        },
        data: serde_json::json!({
            "display": display,
            "adapters": cards.iter().map(|card| &card.name).collect::<Vec<_>>(),
        }),
    }
}

#[cfg(feature = "stage")]
fn judge_fonts(load: bool) -> Finding {
    use super::finding::Verdict;

    Finding {
        name: "fonts",
        verdict: match load {
            true => Verdict::Good,
            false => Verdict::Bad,
        },
        figure: match load {
            true => "Inter is built in and loads".to_owned(),
            false => "the built-in typeface does not load".to_owned(),
        },
        remedy: "Build Fermata again from a clean copy of its source.",
        data: serde_json::json!({ "loaded": load }),
    }
}

#[cfg(all(test, feature = "stage"))]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Verdict;
    use crate::stage::look::{self, Graphics};

    #[test]
    fn a_card_is_good_a_processor_usable_and_no_display_bad() {
        let card = |name: &str, is_hardware| Graphics {
            name: name.into(),
            is_hardware,
        };
        let (llvm, real) = (card("llvmpipe", false), card("Iris", true));
        let verdict = |display, cards: &[Graphics]| judge_graphics(display, cards).verdict;
        assert_eq!(verdict(true, &[llvm.clone(), real]), Verdict::Good);
        assert_eq!(verdict(true, &[llvm]), Verdict::Usable);
        assert_eq!(verdict(true, &[]), Verdict::Usable);
        assert_eq!(verdict(false, &[]), Verdict::Bad);
    }

    #[test]
    fn the_typeface_that_is_built_in_loads() {
        assert!(look::fonts_load());
    }
}
