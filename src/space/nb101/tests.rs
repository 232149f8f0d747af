use super::*;
use crate::rng::derive_rng;
use crate::space::conformance::{assert_fits, real_data};
use crate::space::graph::refined_colours;
use std::collections::BTreeSet;

/// The records of a TFRecord file: length (u64, little-endian), its checksum, payload, its checksum.
fn records(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(12) {
        let len = u64::from_le_bytes(head[..8].try_into().expect("eight bytes")) as usize;
        records.push(&rest[..len]);
        bytes = &rest[len + 4..];
    }
    assert!(bytes.is_empty());
    records
}

#[test]
fn module_hashes_are_the_published_ones() {
    let space = Nb101::shared();
    let mut classes = BTreeSet::new();
    let mut hashes = BTreeSet::new();
    for name in ["energy_4V9E.tfrecord", "energy_5V9E.tfrecord"] {
        let Some(path) = real_data("nas-bench-101").map(|folder| folder.join(name)) else {
            return;
        };
        for record in records(&std::fs::read(path).expect("readable")) {
            let row: Vec<serde_json::Value> = serde_json::from_slice(record).expect("JSON");
            let text = |at: usize| row[at].as_str().expect("text");
            let arch = space.from_published(text(2), text(3)).expect("published");
            assert!(space.is_valid(&arch));
            assert_eq!(space.module_hash(&arch).as_deref(), Some(text(0)));
            classes.insert(space.class(&arch));
            hashes.insert(text(0).to_owned());
        }
    }
    // The 91 modules of at most four vertices are among the 2,532 of at most five.
    assert_eq!((classes.len(), hashes.len()), (2_532, 2_532));
}

/// The hashes are the published code's:
/// `ModelSpec(matrix, ops).hash_spec(['conv3x3-bn-relu', 'conv1x1-bn-relu', 'maxpool3x3'])`
#[test]
fn dangling_vertices_do_not_change_the_hash() {
    let space = Nb101::shared();
    let small = space.parse("010001000:input,conv3x3-bn-relu,output");
    let small = small.expect("a module");
    // The same with a vertex that nothing reads, and one that is not fed.
    let large = space
        .parse("0110000010001000000000000:input,conv3x3-bn-relu,maxpool3x3,conv1x1-bn-relu,output");
    assert!(large.is_err(), "an edge backwards");
    let text = "0110000001000000000100000:input,conv3x3-bn-relu,maxpool3x3,conv1x1-bn-relu,output";
    let large = space.parse(text).expect("a module");
    assert_eq!(space.class(&small), space.class(&large));
    assert_eq!(space.module_hash(&small), space.module_hash(&large));
    assert_eq!(space.graph(&small), space.graph(&large));
    let hash = space.module_hash(&small);
    assert_eq!(hash.as_deref(), Some("b49ac8c578b4561d79ac7087988f1c61"));
}

/// The example in the published README, its hash taken likewise.
#[test]
fn the_inception_like_example_has_its_published_hash() {
    let space = Nb101::shared();
    let matrix = "0111010000000100000010000100000000100000010000000";
    let operations =
        "input,conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3,output";
    let arch = space.from_published(matrix, operations).expect("a module");
    assert_eq!(space.display(&arch), format!("{matrix}:{operations}"));
    let hash = space.module_hash(&arch);
    assert_eq!(hash.as_deref(), Some("28cfc7874f6d200472e1a9dcd8650aa0"));
}

/// Pairs of edge decisions among draws, against all 2^21 choices of edges.
#[test]
fn samples_are_uniform_over_the_valid_cells() {
    let space = Nb101::shared();
    let pairs = |edges: u32, first: usize| (edges >> first & 3) as usize;
    let mut weights = vec![[0; 4]; EDGES - 1];
    for edges in (0..1 << EDGES).filter(|&edges| are_valid(edges)) {
        for (first, weights) in weights.iter_mut().enumerate() {
            weights[pairs(edges, first)] += 1;
        }
    }
    let mut seen = vec![[0; 4]; EDGES - 1];
    let mut operations = vec![0; LABELLINGS as usize];
    let mut rng = derive_rng(6, &["uniform"]);
    for _ in 0..100_000 {
        let arch = space.sample(&mut rng);
        for (first, seen) in seen.iter_mut().enumerate() {
            seen[pairs(edges_of(&arch), first)] += 1;
        }
        let labels = arch.decisions()[EDGES..].iter();
        operations[labels.fold(0, |rank, &label| rank * 3 + usize::from(label))] += 1;
    }
    for (first, (seen, weights)) in seen.iter().zip(&weights).enumerate() {
        assert_fits(seen, weights, &format!("edges {first} and next"));
    }
    assert_fits(&operations, &vec![1; LABELLINGS as usize], "operations");
}

/// A class of modules is one of graphs: relabelling inner vertices never leaves it.
#[test]
fn relabelled_cells_share_class_and_hash() {
    let space = Nb101::shared();
    let mut rng = derive_rng(5, &["relabelled"]);
    for _ in 0..3_000 {
        let arch = space.sample(&mut rng);
        let module = module_of(&arch);
        let at = rng.random_range(1..INNER);
        // Neighbouring vertices that are not connected change places.
        if module.edges().any(|edge| edge == (at, at + 1)) {
            continue;
        }
        let swap = |vertex: usize| match vertex {
            _ if vertex == at => at + 1,
            _ if vertex == at + 1 => at,
            other => other,
        };
        let mut feeders = [0_u8; MAX_VERTICES];
        for (from, to) in module.edges() {
            feeders[swap(to)] |= 1 << swap(from);
        }
        let mut operations = module.operations().to_vec();
        operations.swap(at - 1, at);
        let same = architecture_of(&Module::new(&feeders, &operations));
        assert_eq!(space.class(&arch), space.class(&same));
        assert_eq!(space.module_hash(&arch), space.module_hash(&same));
        let colours = |arch| refined_colours(&space.graph(arch).expect("a structure"));
        assert_eq!(colours(&arch), colours(&same));
    }
}

/// Every full module of the published enumeration: `vertices` vertices, each fed and read, at most nine edges.
fn full_modules(vertices: usize) -> impl Iterator<Item = Module> {
    let inner = vertices - 2;
    (0..1_u32 << (vertices * (vertices - 1) / 2))
        .map(move |edges| {
            let mut feeders = feeders_of(edges);
            feeders[vertices..].fill(0);
            feeders
        })
        .filter(move |feeders| {
            let edges: u32 = feeders.iter().map(|bits| bits.count_ones()).sum();
            on_paths(&feeders[..vertices]) == (1 << vertices) as u8 - 1 && edges <= MAX_EDGES
        })
        .flat_map(move |feeders| {
            (0..3_u32.pow(inner as u32)).map(move |mut labelling| {
                let mut operations = [0; INNER];
                for operation in &mut operations[..inner] {
                    *operation = (labelling % 3) as u8;
                    labelling /= 3;
                }
                Module::new(&feeders[..vertices], &operations[..inner])
            })
        })
}

/// Up to five vertices, counted with the published `hash_module` over all full graphs and labels:
/// 1, 6, 84 and 2,441 modules, 2,532 in all. [`every_class_has_its_own_published_hash`] counts all.
#[test]
fn small_modules_have_as_many_classes_as_published_hashes() {
    let counts = (2..=5).map(|vertices| {
        let canonical = full_modules(vertices).filter(|module| module.canonical() == *module);
        canonical.count()
    });
    assert_eq!(counts.collect::<Vec<_>>(), [1, 6, 84, 2_441]);
}

/// The published count of all modules, each with a hash of its own.
#[test]
#[ignore = "enumerates every graph of seven vertices with every labelling"]
fn every_class_has_its_own_published_hash() {
    let modules = (2..=MAX_VERTICES).flat_map(full_modules);
    let mut canonical = 0;
    let mut hashes = BTreeSet::new();
    for module in modules.filter(|module| module.canonical() == *module) {
        canonical += 1;
        hashes.insert(module.hash(Degree::Whole));
    }
    assert_eq!(
        (canonical, hashes.len() as u64),
        (423_624, Nb101::shared().class_count())
    );
}

#[test]
fn malformed_texts_say_what_was_expected() {
    let error = |text: &str| Nb101::shared().parse(text).expect_err(text).to_string();
    assert!(error("0100").contains("no colon"));
    assert!(error("0100:input").contains("up to five"));
    assert!(error("0100:output,input").contains("up to five"));
    assert!(error("010:input,output").contains("4 zeros or ones"));
    assert!(error("0200:input,output").contains("4 zeros or ones"));
    assert!(error("0110:input,output").contains("later vertex"));
    assert!(error("010001000:input,conv3x3-bn-rel,output").contains("did you mean"));
    let long = format!("{}:input{},output", "0".repeat(64), ",maxpool3x3".repeat(6));
    assert!(error(&long).contains("up to five"));
}
