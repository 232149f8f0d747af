//! Recurrent cells, and collections of learning curves.

use crate::support::{figure, imported, near, value};
use archbench::table::{Attribute, Meaning, SeedPolicy, Verdict, facts};

#[test]
fn nas_bench_nlp_logs() {
    let Some(table) = imported("nas-bench-nlp/wikitext2_logs.zip", "nas-bench-nlp") else {
        return;
    };
    let task = table.task("wikitext-2").expect("there");
    assert_eq!(task.archs().len(), 291);
    let cell = r#"{"f": {"op": "linear", "input": ["x", "h_prev_0"]}, "h_new_0": {"op": "activation_tanh", "input": ["f"]}}"#;
    let of = |meaning: &Meaning, epoch| {
        value(
            &table,
            ("wikitext-2", "full", meaning),
            cell,
            epoch,
            SeedPolicy::Mean,
        )
    };
    near(of(&Meaning::VALID, 1), -5.680_663_164_924_173);
    near(of(&Meaning::VALID, 50), -5.240_856_395_048_254);
    near(of(&Meaning::TEST, 50), -5.147_947_130_803_299);
    near(of(&Meaning::COST, 50), 7_033.963_120_222_092);
    near(
        figure(&table, "wikitext-2", cell, &Attribute::Params),
        15_066_078.0,
    );
}

#[test]
fn learning_curves() {
    let files = [
        "metaqnn_cifar10",
        "metaqnn_svhn",
        "deep_resnets_cifar10",
        "deep_resnets_tinyimagenet",
    ];
    for (file, best) in files
        .into_iter()
        .zip([0.8416, 0.954, 0.800_480_769_2, 0.545])
    {
        let Some(table) = imported(&format!("curves/{file}.csv"), "baker-curves") else {
            return;
        };
        let task = table.tasks[0].name();
        let verdict = facts::best(&table, task, "full", &Meaning::VALID, best, 1e-12);
        assert!(matches!(verdict, Verdict::Holds(_)), "{file}: {verdict:?}");
    }
    let table = imported("curves/naap440.csv", "naap-440").expect("there too");
    near(
        value(
            &table,
            ("cifar10", "90", &Meaning::TEST),
            "model 001",
            1,
            SeedPolicy::Mean,
        ),
        0.3625,
    );
    let verdict = facts::best(&table, "cifar10", "90", &Meaning::TEST, 0.7491, 1e-12);
    assert!(matches!(verdict, Verdict::Holds(_)), "{verdict:?}");
}
