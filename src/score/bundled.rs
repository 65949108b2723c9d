//! The scores that come with Fermata.

/// Names and texts of scores.
type Scores<const N: usize> = [(&'static str, &'static str); N];

/// A score of this name in the folder `scores`.
macro_rules! score {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../scores/", $name, ".yaml")),
        )
    };
}

/// The programme: the pieces that the window lists, in the order of the set list.
pub const BUNDLED: Scores<11> = [
    score!("prelude"),
    score!("canon"),
    score!("tutti"),
    score!("ostinato"),
    score!("call-and-response"),
    score!("stubborn-drummer"),
    score!("retrograde"),
    score!("two-cities"),
    score!("order"),
    score!("fleet"),
    score!("finale"),
];

/// The scores that pieces of the programme run.
pub const COMPANIONS: Scores<9> = [
    score!("canon-voice"),
    score!("retrograde-phrase"),
    score!("finale-section"),
    score!("finale-tower"),
    score!("order-flow"),
    score!("order-payment"),
    score!("order-stock"),
    score!("order-shipping"),
    score!("fleet-machine"),
];
