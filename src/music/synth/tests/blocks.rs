//! Tests of rendering: the same samples in blocks of any size, at any rate, after any message, at a
//! steady cost.

use super::*;

/// A busy passage with everything in it: all patches, drums, pedal, bend, voice stealing.
fn busy(block: usize) -> (Vec<f32>, Vec<f32>) {
    let mut events: Vec<(usize, Message)> = Vec::new();
    for (index, patch) in (1_u8..).zip(Patch::INSTRUMENTS) {
        events.push((0, Message::Program(channel(index), patch.program())));
        for step in 0..12_u8 {
            let at = usize::from(step) * 1_771 + usize::from(index) * 97;
            let key = 40 + index * 3 + step * 2;
            events.push((at, on(index, key, 50 + step * 6)));
            events.push((at + 4_003, off(index, key)));
        }
        events.push((5_001, Message::Control(channel(index), 64, 127)));
        events.push((9_113, Message::Bend(channel(index), 12_000)));
        events.push((12_345, Message::Control(channel(index), 7, 60)));
        events.push((15_555, Message::Control(channel(index), 64, 0)));
    }
    for step in 0..24_u8 {
        events.push((usize::from(step) * 907, on(10, 36 + step, 100)));
    }
    events.sort_by_key(|(at, _)| *at);
    let mut synth = Synth::new(RATE);
    let mut sound = (Vec::new(), Vec::new());
    let mut pending = events.into_iter().peekable();
    let total = 30_000;
    let mut at = 0;
    while at < total {
        while let Some((_, message)) = pending.next_if(|(due, _)| *due <= at) {
            synth.handle(message);
        }
        let next = pending.peek().map_or(total, |(due, _)| *due).min(total);
        let (left, right) = render(&mut synth, block.min(next - at));
        at += left.len();
        sound.0.extend(left);
        sound.1.extend(right);
    }
    sound
}

#[test]
fn the_same_messages_give_the_same_samples_in_blocks_of_any_size() {
    let whole = busy(30_000);
    assert!(peak(&whole) > 0.1);
    for block in [1, 64, 256, 1000] {
        let cut = busy(block);
        let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(
            same(&whole.0, &cut.0) && same(&whole.1, &cut.1),
            "blocks of {block}"
        );
    }
}

#[test]
fn meters_measure_each_channel_separately() {
    let meters: Arc<ChannelMeters> = Arc::default();
    let mut synth = Synth::new(RATE).metered(meters.clone());
    synth.handle(on(1, 60, 110));
    synth.handle(on(2, 60, 40));
    render(&mut synth, 9_600);
    let (loud, soft) = (meters.take(channel(1)), meters.take(channel(2)));
    assert!(
        loud.peak > soft.peak * 3.0 && soft.peak > 0.0,
        "{loud:?} {soft:?}"
    );
    assert!(
        loud.rms > soft.rms * 3.0 && loud.rms < loud.peak,
        "{loud:?} {soft:?}"
    );
    assert_eq!(meters.take(channel(3)), Level::default());
    assert_eq!(meters.take(channel(1)).peak, 0.0, "a peak is reported once");
    synth.handle(Message::Control(channel(1), 120, 0));
    synth.handle(Message::Control(channel(2), 120, 0));
    render(&mut synth, 6 * RATE as usize);
    assert_eq!(meters.take(channel(1)).rms, 0.0);
}

#[test]
fn a_long_tail_costs_no_more_than_music() {
    // The median of many passages: other load on the machine matters little.
    let median = |synth: &mut Synth| {
        let mut times: Vec<_> = (0..61)
            .map(|_| {
                let begin = std::time::Instant::now();
                render(synth, 480);
                begin.elapsed()
            })
            .collect();
        times.sort();
        times[30]
    };
    // The time to render a passage, and then passages of its tail.
    let times = |patch| {
        let mut synth = playing(patch);
        synth.handle(Message::Control(channel(1), 94, 127));
        synth.handle(Message::Control(channel(1), 91, 127));
        for key in 40..56 {
            synth.handle(on(1, key, 100));
        }
        let music = median(&mut synth);
        for key in 40..56 {
            synth.handle(off(1, key));
        }
        let tail = [(); 6].map(|()| {
            render(&mut synth, RATE as usize / 2);
            median(&mut synth)
        });
        (music, tail)
    };
    for patch in [Patch::PLUCK, Patch::EPIANO, Patch::LEAD, Patch::PIANO] {
        let (mut music, mut tail) = times(patch);
        // If it is slow every time, other load is not the cause.
        for _ in 0..4 {
            if tail.iter().all(|tail| *tail < music * 2) {
                break;
            }
            let again = times(patch);
            music = music.min(again.0);
            for (tail, again) in tail.iter_mut().zip(again.1) {
                *tail = again.min(*tail);
            }
        }
        let cheap = tail.iter().all(|tail| *tail < music * 2);
        assert!(cheap, "{patch:?}: {music:?} became {tail:?}");
    }
}

#[test]
fn any_message_at_any_rate_is_survived() {
    for rate in [0, 8_000, 22_050, 44_100, 96_000, 192_000, u32::MAX] {
        let mut synth = Synth::new(rate);
        for program in 0..=255 {
            synth.handle(Message::Program(channel(1), program));
            synth.handle(Message::Control(channel(1), program, 255));
            synth.handle(Message::Bend(channel(1), u16::MAX));
            synth.handle(on(1, program / 2, 127));
            let sound = render(&mut synth, 33);
            assert!(sound.0.iter().chain(&sound.1).all(|s| s.abs() <= 0.89));
        }
    }
}
