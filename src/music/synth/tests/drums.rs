//! Tests of the drum channel.

use super::*;

#[test]
fn channel_ten_is_the_drum_kit() {
    // Every key makes a sound that ends by itself, whatever the program.
    for (key, program) in (0..128).flat_map(|key| [(key, 48), (key, Kit::Electronic.program())]) {
        let mut synth = Synth::new(RATE);
        synth.handle(Message::Program(Channel::DRUMS, program));
        synth.handle(on(10, key, 100));
        let stroke = render(&mut synth, 2_400);
        assert!(peak(&stroke) > 0.02, "key {key}: {}", peak(&stroke));
        render(&mut synth, 6 * RATE as usize);
        assert!(synth.is_silent(), "key {key} of {program} rings on");
    }
    // The kick is low, the hat is high.
    let brightness = |key: u8| {
        let mut synth = Synth::new(RATE);
        synth.handle(on(10, key, 100));
        let (left, _) = render(&mut synth, 9_600);
        let low = (4..20)
            .map(|i| share(&left, f64::from(i) * 10.0))
            .sum::<f64>();
        let high = (70..100)
            .map(|i| share(&left, f64::from(i) * 100.0))
            .sum::<f64>();
        high / low
    };
    assert!(brightness(36) < 0.1 && brightness(42) > 10.0);
}

#[test]
fn a_closed_hat_cuts_an_open_one_short() {
    let ring = |close: bool| {
        let mut synth = Synth::new(RATE);
        synth.handle(on(10, 46, 110));
        render(&mut synth, 4_800);
        if close {
            synth.handle(on(10, 44, 1));
        }
        render(&mut synth, 2_400);
        decibels(&render(&mut synth, 2_400))
    };
    assert!(ring(true) < ring(false) - 15.0);
}
