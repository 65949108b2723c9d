//! Orders of the notes of a chord.

/// The order in which the notes of a chord are played. The words are those of Tidal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arp {
    /// As written.
    Up,
    /// From the last to the first.
    Down,
    /// Up and down; neither end is repeated.
    UpDown,
    /// Down and up; neither end is repeated.
    DownUp,
    /// Up and down, the ends twice.
    UpAndDown,
    /// Down and up, the ends twice.
    DownAndUp,
    /// From the outer notes to the inner ones.
    Converge,
    /// From the inner notes to the outer ones.
    Diverge,
    /// To the inner notes and back.
    Disconverge,
    /// The last note after each of the others.
    PinkyUp,
    /// The same, up and down.
    PinkyUpDown,
    /// The first note before each of the others.
    ThumbUp,
    /// The same, up and down.
    ThumbUpDown,
}

impl Arp {
    /// All orders and their words.
    pub const ALL: [(&str, Arp); 13] = [
        ("up", Self::Up),
        ("down", Self::Down),
        ("updown", Self::UpDown),
        ("downup", Self::DownUp),
        ("up&down", Self::UpAndDown),
        ("down&up", Self::DownAndUp),
        ("converge", Self::Converge),
        ("diverge", Self::Diverge),
        ("disconverge", Self::Disconverge),
        ("pinkyup", Self::PinkyUp),
        ("pinkyupdown", Self::PinkyUpDown),
        ("thumbup", Self::ThumbUp),
        ("thumbupdown", Self::ThumbUpDown),
    ];

    /// The order with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(name, _)| *name == word);
        found.map(|(_, arp)| *arp)
    }

    /// The numbers of the notes of a chord in the order of playing, counted from 0.
    pub(super) fn order(self, notes: usize) -> Vec<usize> {
        let up: Vec<usize> = (0..notes).collect();
        let (&[first, ..], &[.., last]) = (&up[..], &up[..]) else {
            return up;
        };
        if notes == 1 {
            return up;
        }
        let thumb = || up.iter().skip(1).flat_map(|note| [first, *note]).collect();
        let pinky = || {
            let others = up.iter().take(notes - 1);
            others.flat_map(|note| [*note, last]).collect()
        };
        match self {
            Self::Up => up,
            Self::Down => reversed(&up),
            Self::UpDown => [without_last(&up), without_last(&reversed(&up))].concat(),
            Self::DownUp => [without_last(&reversed(&up)), without_last(&up)].concat(),
            Self::UpAndDown => [&up[..], &reversed(&up)].concat(),
            Self::DownAndUp => [&reversed(&up)[..], &up].concat(),
            Self::Converge => converge(&up),
            Self::Diverge => reversed(&converge(&up)),
            Self::Disconverge => {
                let inwards = converge(&up);
                let outwards = reversed(&inwards);
                inwards
                    .into_iter()
                    .chain(outwards.into_iter().skip(1))
                    .collect()
            }
            Self::PinkyUp => pinky(),
            Self::PinkyUpDown => up_and_down(pinky()),
            Self::ThumbUp => thumb(),
            Self::ThumbUpDown => up_and_down(thumb()),
        }
    }
}

fn reversed(notes: &[usize]) -> Vec<usize> {
    notes.iter().rev().copied().collect()
}

fn without_last(notes: &[usize]) -> Vec<usize> {
    let count = notes.len().saturating_sub(1);
    notes.iter().take(count).copied().collect()
}

fn up_and_down(notes: Vec<usize>) -> Vec<usize> {
    [without_last(&notes), without_last(&reversed(&notes))].concat()
}

/// The first, the last, the second, the last but one, and so on.
fn converge(notes: &[usize]) -> Vec<usize> {
    let mut rest = notes.iter().copied();
    let mut all = Vec::new();
    while let Some(low) = rest.next() {
        all.push(low);
        all.extend(rest.next_back());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_its_order() {
        for (word, order) in [
            ("up", "0123"),
            ("down", "3210"),
            ("updown", "012321"),
            ("downup", "321012"),
            ("up&down", "01233210"),
            ("down&up", "32100123"),
            ("converge", "0312"),
            ("diverge", "2130"),
            ("disconverge", "0312130"),
            ("pinkyup", "031323"),
            ("pinkyupdown", "0313232313"),
            ("thumbup", "010203"),
            ("thumbupdown", "0102030201"),
        ] {
            let arp = Arp::from_word(word).unwrap();
            let notes: String = arp.order(4).iter().map(usize::to_string).collect();
            assert_eq!(notes, order, "{word}");
        }
        for (word, arp) in Arp::ALL {
            assert_eq!(arp.order(0), [0; 0], "{word}");
            assert_eq!(arp.order(1), [0], "{word}");
        }
        assert_eq!(Arp::from_word("upward"), None);
    }
}
