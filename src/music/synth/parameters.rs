//! The registered parameters of a channel: bend range and tuning.

const DATA_ENTRY: u8 = 6;
const DATA_ENTRY_FINE: u8 = 38;
const INCREMENT: u8 = 96;
const DECREMENT: u8 = 97;
const NRPN_FINE: u8 = 98;
const NRPN_COARSE: u8 = 99;
const RPN_FINE: u8 = 100;
const RPN_COARSE: u8 = 101;
/// The numbers of the parameters, coarse and fine.
const BEND_RANGE: [u8; 2] = [0, 0];
const FINE_TUNING: [u8; 2] = [0, 1];
const COARSE_TUNING: [u8; 2] = [0, 2];
const NONE: [u8; 2] = [127, 127];
const CENTRE: f32 = 8192.0;

/// The registered parameters, and the one that the next data entry sets.
#[derive(Debug)]
pub(super) struct Parameters {
    selected: [u8; 2],
    bend_range: [u8; 2],
    fine_tuning: [u8; 2],
    coarse_tuning: u8,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            selected: NONE,
            bend_range: [2, 0],
            fine_tuning: [64, 0],
            coarse_tuning: 64,
        }
    }
}

impl Parameters {
    /// Applies a controller. Those of other purposes have no effect.
    pub(super) fn control(&mut self, number: u8, value: u8) {
        match number {
            RPN_COARSE => self.selected[0] = value,
            RPN_FINE => self.selected[1] = value,
            NRPN_COARSE | NRPN_FINE => self.selected = NONE,
            DATA_ENTRY => self.set(|[_, fine]| [value, fine]),
            DATA_ENTRY_FINE => self.set(|[coarse, _]| [coarse, value]),
            INCREMENT => self.set(|data| step(data, 1)),
            DECREMENT => self.set(|data| step(data, -1)),
            _ => {}
        }
    }

    /// "Reset all controllers" deselects the parameter and keeps the values.
    pub(super) fn deselect(&mut self) {
        self.selected = NONE;
    }

    fn set(&mut self, change: impl Fn([u8; 2]) -> [u8; 2]) {
        match self.selected {
            BEND_RANGE => self.bend_range = change(self.bend_range),
            FINE_TUNING => self.fine_tuning = change(self.fine_tuning),
            COARSE_TUNING => self.coarse_tuning = change([self.coarse_tuning, 0])[0],
            _ => {}
        }
    }

    /// The reach of a full bend, in semitones.
    pub(super) fn bend_range(&self) -> f32 {
        let [semitones, cents] = self.bend_range;
        f32::from(semitones) + f32::from(cents) / 100.0
    }

    /// The tuning, in semitones.
    pub(super) fn tuning(&self) -> f32 {
        let [coarse, fine] = self.fine_tuning.map(f32::from);
        let cents = (coarse * 128.0 + fine - CENTRE) / CENTRE;
        cents + f32::from(self.coarse_tuning) - 64.0
    }
}

/// The data a step higher or lower.
fn step([coarse, fine]: [u8; 2], by: i16) -> [u8; 2] {
    let data = (i16::from(coarse) * 128 + i16::from(fine) + by).clamp(0, 16_383);
    [(data >> 7) as u8, (data & 127) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(controls: &[(u8, u8)]) -> Parameters {
        let mut parameters = Parameters::default();
        for (number, value) in controls {
            parameters.control(*number, *value);
        }
        parameters
    }

    #[test]
    fn a_data_entry_sets_the_selected_parameter() {
        let range = after(&[(101, 0), (100, 0), (6, 12), (38, 50)]);
        assert_eq!((range.bend_range(), range.tuning()), (12.5, 0.0));
        let coarse = after(&[(101, 0), (100, 2), (6, 61)]);
        assert_eq!((coarse.bend_range(), coarse.tuning()), (2.0, -3.0));
        let fine = after(&[(101, 0), (100, 1), (6, 96), (38, 0)]);
        assert_eq!(fine.tuning(), 0.5);
    }

    #[test]
    fn without_a_selected_parameter_nothing_changes() {
        for controls in [
            &[(6, 12)][..],
            &[(101, 0), (100, 0), (101, 127), (100, 127), (6, 12)],
            &[(101, 0), (100, 0), (99, 1), (6, 12)],
        ] {
            assert_eq!(after(controls).bend_range(), 2.0, "{controls:?}");
        }
    }
}
