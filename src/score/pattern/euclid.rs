//! Euclidean rhythms.

/// Bjorklund's even distribution of pulses over steps. A negative number of pulses inverts the rhythm. More
/// pulses than steps: a pulse on every step.
pub(super) fn rhythm(pulses: i64, steps: usize) -> Vec<bool> {
    let count = usize::try_from(pulses.unsigned_abs()).map_or(steps, |count| count.min(steps));
    let mut all = distribution(count, steps);
    if pulses < 0 {
        all.iter_mut().for_each(|on| *on = !*on);
    }
    all
}

fn distribution(pulses: usize, steps: usize) -> Vec<bool> {
    let mut heads = vec![vec![true]; pulses];
    let mut tails = vec![vec![false]; steps - pulses];
    while !heads.is_empty() && tails.len() > 1 {
        let pairs = heads.len().min(tails.len());
        let rest = if heads.len() > pairs {
            heads.split_off(pairs)
        } else {
            tails.split_off(pairs)
        };
        for (head, tail) in heads.iter_mut().zip(tails) {
            head.extend(tail);
        }
        tails = rest;
    }
    heads.into_iter().chain(tails).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pulses: i64, steps: usize) -> String {
        let steps = rhythm(pulses, steps).into_iter();
        steps.map(|on| if on { 'x' } else { '.' }).collect()
    }

    #[test]
    fn it_gives_the_known_rhythms() {
        for (pulses, steps, rhythm) in [
            (0, 3, "..."),
            (2, 3, "xx."),
            (2, 5, "x.x.."),
            (3, 4, "xxx."),
            (3, 5, "x.x.x"),
            (3, 7, "x.x.x.."),
            (3, 8, "x..x..x."),
            (4, 4, "xxxx"),
            (4, 7, "x.x.x.x"),
            (4, 9, "x.x.x.x.."),
            (4, 11, "x..x..x..x."),
            (4, 12, "x..x..x..x.."),
            (5, 6, "xxxxx."),
            (5, 7, "x.xx.xx"),
            (5, 8, "x.xx.xx."),
            (5, 9, "x.x.x.x.x"),
            (5, 11, "x.x.x.x.x.."),
            (5, 12, "x..x.x..x.x."),
            (5, 16, "x..x..x..x..x..."),
            (7, 8, "xxxxxxx."),
            (7, 12, "x.xx.x.xx.x."),
            (7, 16, "x..x.x.x..x.x.x."),
            (9, 16, "x.xx.x.x.xx.x.x."),
        ] {
            assert_eq!(text(pulses, steps), rhythm, "({pulses},{steps})");
        }
    }

    #[test]
    fn negative_pulses_invert() {
        assert_eq!(text(-3, 8), ".xx.xx.x");
        assert_eq!(text(9, 4), "xxxx");
    }
}
