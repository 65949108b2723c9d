//! MIDI ports and the audio device.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::finding::{Finding, Rating, millis};
use crate::music::{AudioLine, AudioOutput, Bank, PortFinder, PortNames};

/// How long the audio device stays open.
const TEST_TIME: Duration = Duration::from_millis(1200);
/// Up to this latency sound and gesture feel simultaneous.
const MAX_GOOD_LATENCY: Duration = Duration::from_millis(15);
/// Above this latency even listeners notice the delay.
const MAX_USABLE_LATENCY: Duration = Duration::from_millis(60);

/// Checks for MIDI ports.
pub(super) fn midi() -> Finding {
    rate_midi(&PortFinder::default().list())
}

fn rate_midi(ports: &PortNames) -> Finding {
    let figure = match (&ports.trouble, ports.outputs.as_slice()) {
        (Some(_), _) => "this system has none".to_owned(),
        (None, []) => "no outputs".to_owned(),
        (None, [only]) => format!("1 output: {only}"),
        (None, outputs) => format!("{} outputs: {}", outputs.len(), outputs.join(", ")),
    };
    Finding {
        name: "MIDI ports",
        rating: match ports.outputs.is_empty() {
            true => Rating::Usable,
            false => Rating::Good,
        },
        figure,
        remedy: "Connect the synths that the scores use and switch them on (on Linux also `modprobe \
                 snd-seq`), or play on the built-in synth.",
        data: json!({ "outputs": ports.outputs, "inputs": ports.inputs }),
    }
}

/// How the audio device behaved while it was open.
struct DeviceTest {
    device: String,
    sample_rate: u32,
    latency: Duration,
    blocks: u64,
    dropouts: u64,
    /// The system refused real-time priority to its callback.
    denied: bool,
}

/// Opens the audio device for a moment. A machine without one can still play MIDI devices.
pub(super) fn audio(has_midi: bool) -> Finding {
    rate_audio(test_device().map_err(|error| error.to_string()), has_midi)
}

fn test_device() -> Result<DeviceTest, crate::music::AudioError> {
    let (_player, line) = AudioLine::new(&Bank::new());
    let output = AudioOutput::open(&line)?;
    let begun = Instant::now();
    while begun.elapsed() < TEST_TIME && output.alive() {
        thread::sleep(Duration::from_millis(50));
    }
    Ok(DeviceTest {
        device: output.device().to_owned(),
        sample_rate: output.sample_rate(),
        latency: output.latency(),
        blocks: output.blocks(),
        dropouts: output.dropouts(),
        denied: output.is_real_time_denied(),
    })
}

fn rate_audio(tested: Result<DeviceTest, String>, has_midi: bool) -> Finding {
    let silent = match has_midi {
        true => Rating::Usable,
        false => Rating::Bad,
    };
    let name = "audio device";
    match tested {
        Err(why) => Finding {
            name,
            rating: silent,
            figure: why,
            remedy: "Without an audio device only MIDI devices can be heard.",
            data: json!({ "device": null }),
        },
        Ok(measured) => Finding {
            name,
            rating: match measured.blocks {
                0 => silent,
                _ => Rating::at_most(measured.latency, MAX_GOOD_LATENCY, MAX_USABLE_LATENCY).max(
                    match measured.dropouts > 0 || measured.denied {
                        true => Rating::Usable,
                        false => Rating::Good,
                    },
                ),
            },
            figure: match measured.blocks {
                0 => format!("{} does not request any audio", measured.device),
                _ => format!(
                    "{}, {} Hz, {} from note to device, {} dropouts{}",
                    measured.device,
                    measured.sample_rate,
                    millis(measured.latency),
                    measured.dropouts,
                    match measured.denied {
                        true => ", no real-time priority",
                        false => "",
                    }
                ),
            },
            remedy: "Choose smaller buffers in the system's sound settings, close other programs, \
                     or choose another default device.",
            data: json!({
                "device": measured.device,
                "sample_rate": measured.sample_rate,
                "latency_us": measured.latency.as_micros() as u64,
                "dropouts": measured.dropouts,
                "real_time": !measured.denied,
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(latency: u64, blocks: u64, dropouts: u64) -> Result<DeviceTest, String> {
        Ok(DeviceTest {
            device: "Card".into(),
            sample_rate: 48_000,
            latency: Duration::from_millis(latency),
            blocks,
            dropouts,
            denied: false,
        })
    }

    #[test]
    fn a_device_is_rated_by_latency_and_dropouts_and_a_missing_one_by_midi() {
        let rating = |measured, has_midi| rate_audio(measured, has_midi).rating;
        assert_eq!(rating(measured(6, 200, 0), false), Rating::Good);
        assert_eq!(rating(measured(6, 200, 1), false), Rating::Usable);
        let denied = measured(6, 200, 0).map(|measured| DeviceTest {
            denied: true,
            ..measured
        });
        assert_eq!(rating(denied, true), Rating::Usable);
        assert_eq!(rating(measured(23, 50, 0), false), Rating::Usable);
        assert_eq!(rating(measured(90, 10, 0), true), Rating::Bad);
        assert_eq!(rating(measured(0, 0, 0), true), Rating::Usable);
        assert_eq!(rating(Err("none".into()), true), Rating::Usable);
        assert_eq!(rating(Err("none".into()), false), Rating::Bad);
    }

    #[test]
    fn a_system_without_midi_can_still_play() {
        let mut ports = PortNames::default();
        assert_eq!(rate_midi(&ports).rating, Rating::Usable);
        ports.outputs.push("Volca Drum".into());
        let finding = rate_midi(&ports);
        assert_eq!(finding.rating, Rating::Good);
        assert_eq!(finding.figure, "1 output: Volca Drum");
    }
}
