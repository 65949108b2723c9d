//! The JACK host, as a fallback when there is no default device.

/// The JACK host, if a server runs. The library is loaded at run time.
#[cfg(target_os = "linux")]
pub(super) fn jack() -> Option<cpal::Host> {
    let runs = crate::music::jack::server_runs() || pipewire_runs();
    runs.then(|| cpal::host_from_id(cpal::HostId::Jack).ok())?
}

/// PipeWire can act as a JACK server.
#[cfg(target_os = "linux")]
fn pipewire_runs() -> bool {
    std::env::var_os("XDG_RUNTIME_DIR")
        .is_some_and(|folder| std::path::Path::new(&folder).join("pipewire-0").exists())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn jack() -> Option<cpal::Host> {
    None
}
