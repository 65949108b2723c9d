//! Can anything be heard: MIDI ports and the audio device.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::finding::{Finding, Verdict, millis};
use crate::music::{AudioLine, AudioOutput, PortFinder, PortNames};

/// How long the audio device is listened to.
const LISTEN: Duration = Duration::from_millis(1200);
/// A player feels at one with the sound up to here.
const CLOSE: Duration = Duration::from_millis(15);
/// Beyond this even a listener hears that sound comes late.
const FAR: Duration = Duration::from_millis(60);

/// The MIDI ports that are there.
pub(super) fn midi() -> Finding {
    judge_midi(&PortFinder::default().list())
}

fn judge_midi(ports: &PortNames) -> Finding {
    let figure = match (&ports.trouble, ports.outputs.as_slice()) {
        (Some(_), _) => "this system offers none".to_owned(),
        (None, []) => "no outputs".to_owned(),
        (None, [only]) => format!("1 output: {only}"),
        (None, outputs) => format!("{} outputs: {}", outputs.len(), outputs.join(", ")),
    };
    Finding {
        name: "MIDI ports",
        verdict: match ports.outputs.is_empty() {
            true => Verdict::Usable,
            false => Verdict::Good,
        },
        figure,
        remedy: "Plug in and switch on the synths that the scores ask for (on Linux `modprobe \
                 snd-seq`), or play on the built-in synth.",
        data: json!({ "outputs": ports.outputs, "inputs": ports.inputs }),
    }
}

/// What the audio device did while it was open.
struct Listened {
    device: String,
    sample_rate: u32,
    latency: Duration,
    blocks: u64,
    dropouts: u64,
    /// The system refused its callback real-time priority.
    denied: bool,
}

/// Opens the audio device for a moment. Without it MIDI must do.
pub(super) fn audio(has_midi: bool) -> Finding {
    judge_audio(listen().map_err(|error| error.to_string()), has_midi)
}

fn listen() -> Result<Listened, crate::music::AudioError> {
    let (_player, line) = AudioLine::new();
    let output = AudioOutput::open(&line)?;
    let begun = Instant::now();
    while begun.elapsed() < LISTEN && output.alive() {
        thread::sleep(Duration::from_millis(50));
    }
    Ok(Listened {
        device: output.device().to_owned(),
        sample_rate: output.sample_rate(),
        latency: output.latency(),
        blocks: output.blocks(),
        dropouts: output.dropouts(),
        denied: output.is_real_time_denied(),
    })
}

fn judge_audio(listened: Result<Listened, String>, has_midi: bool) -> Finding {
    let silent = match has_midi {
        true => Verdict::Usable,
        false => Verdict::Bad,
    };
    let name = "audio device";
    match listened {
        Err(why) => Finding {
            name,
            verdict: silent,
            figure: why,
            remedy: "Without it only MIDI devices are heard.",
            data: json!({ "device": null }),
        },
        Ok(heard) => Finding {
            name,
            verdict: match heard.blocks {
                0 => silent,
                _ => Verdict::at_most(heard.latency, CLOSE, FAR).max(
                    match heard.dropouts > 0 || heard.denied {
                        true => Verdict::Usable,
                        false => Verdict::Good,
                    },
                ),
            },
            figure: match heard.blocks {
                0 => format!("{} asks for no sound", heard.device),
                _ => format!(
                    "{}, {} Hz, {} from note to device, {} dropouts{}",
                    heard.device,
                    heard.sample_rate,
                    millis(heard.latency),
                    heard.dropouts,
                    match heard.denied {
                        true => ", no real-time priority",
                        false => "",
                    }
                ),
            },
            remedy: "Choose smaller buffers in the system's sound settings, close other programs, \
                     or choose another default device.",
            data: json!({
                "device": heard.device,
                "sample_rate": heard.sample_rate,
                "latency_us": heard.latency.as_micros() as u64,
                "dropouts": heard.dropouts,
                "real_time": !heard.denied,
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(latency: u64, blocks: u64, dropouts: u64) -> Result<Listened, String> {
        Ok(Listened {
            device: "Card".into(),
            sample_rate: 48_000,
            latency: Duration::from_millis(latency),
            blocks,
            dropouts,
            denied: false,
        })
    }

    #[test]
    fn a_device_is_judged_by_its_latency_and_dropouts_and_its_absence_by_what_else_there_is() {
        let verdict = |heard, has_midi| judge_audio(heard, has_midi).verdict;
        assert_eq!(verdict(heard(6, 200, 0), false), Verdict::Good);
        assert_eq!(verdict(heard(6, 200, 1), false), Verdict::Usable);
        let denied = heard(6, 200, 0).map(|heard| Listened {
            denied: true,
            ..heard
        });
        assert_eq!(verdict(denied, true), Verdict::Usable);
        assert_eq!(verdict(heard(23, 50, 0), false), Verdict::Usable);
        assert_eq!(verdict(heard(90, 10, 0), true), Verdict::Bad);
        assert_eq!(verdict(heard(0, 0, 0), true), Verdict::Usable);
        assert_eq!(verdict(Err("none".into()), true), Verdict::Usable);
        assert_eq!(verdict(Err("none".into()), false), Verdict::Bad);
    }

    #[test]
    fn a_system_without_midi_can_still_play() {
        let mut ports = PortNames::default();
        assert_eq!(judge_midi(&ports).verdict, Verdict::Usable);
        ports.outputs.push("Volca Drum".into());
        let finding = judge_midi(&ports);
        assert_eq!(finding.verdict, Verdict::Good);
        assert_eq!(finding.figure, "1 output: Volca Drum");
    }
}
