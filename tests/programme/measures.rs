//! How the pieces sound: loudness, peaks, width and time.

use std::path::Path;

use ebur128::{EbuR128, Mode};

use crate::{
    PIECES,
    performance::{Performance, Sound},
};

/// What was measured of a rendered piece.
#[derive(Debug)]
struct Measures {
    seconds: f64,
    /// Integrated loudness, in LUFS (EBU R 128).
    loudness: f64,
    /// The largest true peak of both channels, in dBTP.
    peak: f64,
    /// Pearson's correlation of left and right.
    correlation: f64,
}

impl Measures {
    fn of(wav: &Path) -> Self {
        let mut file = hound::WavReader::open(wav).unwrap();
        let rate = file.spec().sample_rate;
        let full = f64::from(1_u32 << (file.spec().bits_per_sample - 1));
        let samples: Vec<f64> = file
            .samples::<i32>()
            .map(|sample| f64::from(sample.unwrap()) / full)
            .collect();
        let mut meter = EbuR128::new(2, rate, Mode::I | Mode::TRUE_PEAK).unwrap();
        meter.add_frames_f64(&samples).unwrap();
        let peak = (0..2).map(|channel| meter.true_peak(channel).unwrap());
        Self {
            seconds: samples.len() as f64 / 2.0 / f64::from(rate),
            loudness: meter.loudness_global().unwrap(),
            peak: 20.0 * peak.fold(0.0, f64::max).log10(),
            correlation: correlation(&samples),
        }
    }
}

/// Pearson's correlation of the channels of interleaved stereo.
fn correlation(samples: &[f64]) -> f64 {
    let (mut ll, mut rr, mut lr) = (0.0, 0.0, 0.0);
    for frame in samples.chunks_exact(2) {
        ll += frame[0] * frame[0];
        rr += frame[1] * frame[1];
        lr += frame[0] * frame[1];
    }
    lr / (ll * rr).sqrt().max(f64::MIN_POSITIVE)
}

#[test]
fn the_pieces_are_equally_loud_do_not_clip_and_have_width_and_human_timing() {
    let mut loudness = Vec::new();
    for piece in PIECES {
        let performance = Performance::of(piece, Sound::Rendered);
        let measures = Measures::of(&performance.wav());
        let off_grid = performance.notes().off_grid();
        println!("{piece}: {measures:?}, off the grid {off_grid:.2}");
        assert!(
            (60.0..160.0).contains(&measures.seconds),
            "{piece}: {measures:?}"
        );
        assert!(measures.peak <= -1.0, "{piece}: {measures:?}");
        assert!(measures.correlation < 0.85, "{piece}: {measures:?}");
        assert!(off_grid > 0.0, "{piece} has every note on the grid");
        loudness.push(measures.loudness);
    }
    let quietest = loudness.iter().copied().fold(f64::MAX, f64::min);
    let loudest = loudness.iter().copied().fold(f64::MIN, f64::max);
    assert!(
        loudest - quietest <= 3.0,
        "from {quietest} to {loudest} LUFS"
    );
}
