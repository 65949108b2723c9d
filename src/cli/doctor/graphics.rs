//! Display, graphics and fonts.

use super::finding::Finding;

#[cfg(not(feature = "stage"))]
pub(super) fn check() -> Vec<Finding> {
    Vec::new()
}

#[cfg(feature = "stage")]
pub(super) fn check() -> Vec<Finding> {
    use crate::stage::graphics;
    let rating = rate_graphics(graphics::has_display(), &graphics::adapters());
    vec![rating, rate_fonts(graphics::fonts_load())]
}

#[cfg(feature = "stage")]
fn rate_graphics(display: bool, cards: &[crate::stage::graphics::Adapter]) -> Finding {
    use super::finding::Rating;

    let real: Vec<_> = cards.iter().filter(|card| card.is_hardware).collect();
    let (rating, figure) = match (display, real.first(), cards.first()) {
        (false, ..) => (Rating::Bad, "no display: the window cannot open".to_owned()),
        (true, Some(card), _) => (Rating::Good, card.name.clone()),
        (true, None, Some(card)) => (
            Rating::Usable,
            format!("software rendering ({})", card.name),
        ),
        (true, None, None) => (Rating::Usable, "software rendering".to_owned()),
    };
    Finding {
        name: "graphics",
        rating,
        figure,
        remedy: match display {
            true => {
                "Install the driver of the graphics card (on Linux see `vulkaninfo --summary` and \
                 `glxinfo -B`); without one the window is redrawn 20 times a second."
            }
            false => "Start it from a desktop session, or play without a window: `fermata play`.",
        },
        data: serde_json::json!({
            "display": display,
            "adapters": cards.iter().map(|card| &card.name).collect::<Vec<_>>(),
        }),
    }
}

#[cfg(feature = "stage")]
fn rate_fonts(load: bool) -> Finding {
    use super::finding::Rating;

    Finding {
        name: "fonts",
        rating: match load {
            true => Rating::Good,
            false => Rating::Bad,
        },
        figure: match load {
            true => "the built-in typeface (Inter) loads".to_owned(),
            false => "the built-in typeface does not load".to_owned(),
        },
        remedy: "Rebuild Fermata from a clean checkout.",
        data: serde_json::json!({ "loaded": load }),
    }
}

#[cfg(all(test, feature = "stage"))]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Rating;
    use crate::stage::graphics::{self, Adapter};

    #[test]
    fn a_gpu_is_good_software_rendering_usable_and_no_display_bad() {
        let card = |name: &str, is_hardware| Adapter {
            name: name.into(),
            is_hardware,
        };
        let (llvm, real) = (card("llvmpipe", false), card("Iris", true));
        let rating = |display, cards: &[Adapter]| rate_graphics(display, cards).rating;
        assert_eq!(rating(true, &[llvm.clone(), real]), Rating::Good);
        assert_eq!(rating(true, &[llvm]), Rating::Usable);
        assert_eq!(rating(true, &[]), Rating::Usable);
        assert_eq!(rating(false, &[]), Rating::Bad);
    }

    #[test]
    fn the_embedded_font_loads() {
        assert!(graphics::fonts_load());
    }
}
