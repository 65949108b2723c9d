//! Errors of the audio output.

use cpal::SampleFormat;

/// Why there is no audio output.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// No output device.
    #[error(
        "No audio device was found. Connect one, or start a JACK server; MIDI ports and files work \
         without one."
    )]
    NoDevice(#[source] cpal::Error),
    /// The device cannot be opened.
    #[error(
        "The audio device {device} cannot be opened ({source}). Close other programs that use it, or \
         choose another default device."
    )]
    Refused {
        /// The device's name.
        device: String,
        /// The driver's error.
        source: cpal::Error,
    },
    /// The sample format of the device is not supported.
    #[error(
        "The audio device {device} requires the sample format {format}, which is not supported. Choose \
         another default device."
    )]
    Format {
        /// The device's name.
        device: String,
        /// The format that it requires.
        format: SampleFormat,
    },
}
