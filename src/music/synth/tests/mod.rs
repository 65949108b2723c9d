//! Tests of the synth.

mod blocks;
mod controllers;
mod drums;
mod effects;
mod levels;
mod notes;
mod sounds;
mod spectrum;
mod tone;
mod tuning;

use super::*;
use crate::music::{Channel, ClockMessage, Key, Message, Patch, Velocity};

const RATE: u32 = 48_000;

fn channel(number: u8) -> Channel {
    Channel::from_part(number).unwrap()
}

fn on(number: u8, key: u8, velocity: u8) -> Message {
    Message::NoteOn(
        channel(number),
        Key::new(key).unwrap(),
        Velocity::new(velocity).unwrap(),
    )
}

fn off(number: u8, key: u8) -> Message {
    Message::NoteOff(channel(number), Key::new(key).unwrap())
}

fn playing(patch: Patch) -> Synth {
    let mut synth = Synth::new(RATE);
    synth.handle(Message::Program(channel(1), patch.program()));
    synth
}

fn render(synth: &mut Synth, frames: usize) -> (Vec<f32>, Vec<f32>) {
    let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
    synth.render(&mut left, &mut right);
    (left, right)
}

fn peak((left, right): &(Vec<f32>, Vec<f32>)) -> f32 {
    left.iter()
        .chain(right)
        .fold(0.0, |peak, s| peak.max(s.abs()))
}

fn decibels((left, right): &(Vec<f32>, Vec<f32>)) -> f32 {
    let energy: f32 = left.iter().chain(right).map(|s| s * s).sum();
    10.0 * (energy / (left.len() + right.len()) as f32)
        .max(1e-12)
        .log10()
}

/// The share of a frequency in a sound, by the Goertzel algorithm with a Hann window.
fn share(sound: &[f32], frequency: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (index, &sample) in sound.iter().enumerate() {
        let turn = std::f64::consts::TAU * index as f64;
        let window = 0.5 - 0.5 * (turn / sound.len() as f64).cos();
        let angle = turn * frequency / f64::from(RATE);
        re += f64::from(sample) * window * angle.cos();
        im += f64::from(sample) * window * angle.sin();
    }
    re.hypot(im) * 4.0 / sound.len() as f64
}

/// The offset in cents of the partial near `frequency`: its spectral centroid, because several
/// oscillators may share it.
fn cents_off(sound: &[f32], frequency: f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for cents in (-80..=80).step_by(5).map(f64::from) {
        let weight = share(sound, frequency * (cents / 1200.0).exp2()).powi(4);
        sum += cents * weight;
        weights += weight;
    }
    sum / weights
}

fn hertz(key: u8) -> f64 {
    440.0 * ((f64::from(key) - 69.0) / 12.0).exp2()
}

/// The energy of the differences, which grows with frequency, divided by the energy.
fn brightness((left, _): &(Vec<f32>, Vec<f32>)) -> f32 {
    let energy: f32 = left.iter().map(|s| s * s).sum();
    let edges: f32 = left.windows(2).map(|p| (p[1] - p[0]).powi(2)).sum();
    edges / energy
}

/// The largest second difference: small in a tone, large at a discontinuity.
fn roughness((left, _): &(Vec<f32>, Vec<f32>)) -> f32 {
    left.windows(3).fold(0.0_f32, |rough, w| {
        rough.max((w[2] - 2.0 * w[1] + w[0]).abs())
    })
}
