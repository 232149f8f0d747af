//! What a table of this form is: NAS-Bench-101's own, or EC-NAS's.

use crate::table::About;

/// With `has_energy` it is EC-NAS's; with `is_flat` only the last evaluations were kept.
pub(super) fn about(has_energy: bool, is_flat: bool) -> About {
    let mut defects = vec![
        "trainings of 4, 12, 36 and 108 epochs have schedules of their own: none is the beginning of another".into(),
    ];
    defects.push(match is_flat {
        true => {
            "the files repeat the final accuracies at every evaluation: there are no curves, only the ends of trainings"
        }
        false => "metrics at the start, once between and at the end only",
    }
    .into());
    if !has_energy {
        return About {
            name: "nas-bench-101".into(),
            title: "Cells of at most seven vertices and nine edges on CIFAR-10".into(),
            citation: "Ying et al., ICML 2019, arXiv 1902.09635".into(),
            licence: "Apache-2.0".into(),
            seeds: "repeats in the order of the file; their seeds are not published".into(),
            defects,
        };
    }
    defects.push(
        "energy (kWh) and its carbon dioxide (g) stand at each evaluation as published; the totals that include the \
         evaluations are left out"
            .into(),
    );
    About {
        name: "ec-nas".into(),
        title: "Cells of NAS-Bench-101's space on CIFAR-10, with the energy of each training"
            .into(),
        citation: "Bakhtiarifard, Igel, Selvan, ICASSP 2024, arXiv 2210.06015".into(),
        licence: "MIT".into(),
        seeds: "trainings in the order of the file; their seeds are not published".into(),
        defects,
    }
}
