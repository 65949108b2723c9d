//! Icons, painted as shapes so that they do not depend on fonts.

use egui::{Color32, Pos2, Rect, Vec2, vec2};

use super::mesh_builder::MeshBuilder;
use crate::view::StatusIcon;

/// The fermata: the musical sign for holding a note as long as the conductor wants.
pub fn fermata(mesh: &mut MeshBuilder, center: Pos2, size: f32, color: Color32) {
    let radius = size * 0.5;
    let foot = center + vec2(0.0, size * 0.28);
    let half = std::f32::consts::PI;
    mesh.arc(foot, radius, [half, 2.0 * half], size * 0.12, color);
    dot(mesh, foot - vec2(0.0, size * 0.03), size * 0.11, color);
}

/// A filled disc.
pub fn dot(mesh: &mut MeshBuilder, center: Pos2, radius: f32, color: Color32) {
    mesh.round(
        Rect::from_center_size(center, Vec2::splat(radius * 2.0)),
        radius,
        color,
    );
}

/// Three dots: more is asked for.
pub fn dots(mesh: &mut MeshBuilder, center: Pos2, size: f32, color: Color32) {
    for side in [-1.0, 0.0, 1.0] {
        dot(
            mesh,
            center + vec2(side * size * 0.72, 0.0),
            size * 0.2,
            color,
        );
    }
}

/// A triangle that points to the right.
pub fn play(mesh: &mut MeshBuilder, center: Pos2, size: f32, color: Color32) {
    let (w, h) = (size * 0.42, size * 0.5);
    let [a, b, c] = [
        center + vec2(-w, -h),
        center + vec2(w, 0.0),
        center + vec2(-w, h),
    ];
    mesh.polygon(&[a, b, c], color);
    for (from, to) in [(a, b), (b, c), (c, a)] {
        mesh.line(from, to, 1.0, color);
    }
}

/// Two upright bars.
pub fn pause(mesh: &mut MeshBuilder, center: Pos2, size: f32, color: Color32) {
    for side in [-1.0, 1.0] {
        let bar = Rect::from_center_size(
            center + vec2(side * size * 0.24, 0.0),
            vec2(size * 0.26, size),
        );
        mesh.round(bar, size * 0.06, color);
    }
}

/// Three dots: something is under way.
pub fn pending(mesh: &mut MeshBuilder, center: Pos2, size: f32, color: Color32) {
    for place in [-1.0, 0.0, 1.0] {
        dot(
            mesh,
            center + vec2(place * size * 0.42, 0.0),
            size * 0.14,
            color,
        );
    }
}

/// A square.
pub fn stop(mesh: &mut MeshBuilder, center: Pos2, size: f32, color: Color32) {
    mesh.round(
        Rect::from_center_size(center, Vec2::splat(size)),
        size * 0.12,
        color,
    );
}

/// A pin: its head, its collar, and the needle below.
pub fn pin(mesh: &mut MeshBuilder, center: Pos2, size: f32, color: Color32) {
    let bar = |y: f32, width: f32, height: f32| {
        let at = center + vec2(0.0, y * size);
        Rect::from_center_size(at, vec2(width, height) * size)
    };
    mesh.rect(bar(-0.42, 0.62, 0.16), color);
    mesh.rect(bar(-0.18, 0.36, 0.34), color);
    mesh.rect(bar(0.05, 0.8, 0.14), color);
    mesh.rect(bar(0.3, 0.12, 0.4), color);
}

/// Where an arrow points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Points {
    /// To what is folded.
    Right,
    /// To what is unfolded.
    Down,
}

/// A small triangle beside what can be folded.
pub fn arrow(mesh: &mut MeshBuilder, center: Pos2, size: f32, points: Points, color: Color32) {
    let (a, b) = (size * 0.5, size * 0.4);
    let corners = match points {
        Points::Right => [(-b, -a), (b, 0.0), (-b, a)],
        Points::Down => [(-a, -b), (a, -b), (0.0, b)],
    };
    mesh.polygon(&corners.map(|(x, y)| center + vec2(x, y)), color);
}

/// The icon of a status.
pub fn status(mesh: &mut MeshBuilder, icon: StatusIcon, center: Pos2, size: f32, color: Color32) {
    let r = size * 0.5;
    match icon {
        StatusIcon::Play => play(mesh, center, size, color),
        StatusIcon::Pause => pause(mesh, center, size, color),
        StatusIcon::Square => stop(mesh, center, size * 0.85, color),
        StatusIcon::Ring => {
            let rect = Rect::from_center_size(center, Vec2::splat(size));
            mesh.outline(rect, r, size * 0.17, color);
        }
        StatusIcon::Cross => {
            let (a, b) = (vec2(r * 0.8, r * 0.8), vec2(r * 0.8, -r * 0.8));
            mesh.line(center - a, center + a, size * 0.2, color);
            mesh.line(center - b, center + b, size * 0.2, color);
        }
        StatusIcon::Tick => {
            let low = center + vec2(-r * 0.25, r * 0.7);
            mesh.line(center + vec2(-r * 0.95, 0.0), low, size * 0.18, color);
            mesh.line(low, center + vec2(r, -r * 0.8), size * 0.18, color);
        }
    }
}

/// Part of a ring, from the top clockwise; 0 to 1.
pub fn progress(mesh: &mut MeshBuilder, center: Pos2, radius: f32, part: f32, color: Color32) {
    let top = -std::f32::consts::FRAC_PI_2;
    let end = top + part * std::f32::consts::TAU;
    mesh.arc(center, radius, [top, end], 3.0, color);
}

/// An arrow that turns back to the left.
pub fn turn_back(mesh: &mut MeshBuilder, center: Pos2, size: f32, color: Color32) {
    let (radius, thick) = (size * 0.34, size * 0.13);
    let half = std::f32::consts::PI;
    let center = center + vec2(0.0, size * 0.08);
    mesh.arc(center, radius, [half, 2.35 * half], thick, color);
    let tip = center + vec2(-radius, size * 0.22);
    let wide = size * 0.24;
    mesh.polygon(
        &[
            tip + vec2(-wide, -wide * 0.9),
            tip + vec2(wide, -wide * 0.9),
            tip + vec2(0.0, wide * 0.55),
        ],
        color,
    );
}
