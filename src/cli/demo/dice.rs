//! Chance that falls the same way each time: splitmix64, from a seed and a place in the tables.

/// What makes this demo this one.
const SEED: u64 = 0x6b65_7964_6563_6b31;

/// A run of chances.
pub(super) struct Dice(u64);

impl Dice {
    /// Those of a place: the same each time, and unlike those of other places.
    pub(super) fn of(place: &[usize]) -> Dice {
        let mut dice = Dice(SEED);
        for part in place {
            dice.0 = dice.next() ^ (*part as u64);
        }
        dice
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A letter or digit.
    pub(super) fn letter(&mut self) -> char {
        const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        char::from(LETTERS[self.below(62) as usize])
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }
}
