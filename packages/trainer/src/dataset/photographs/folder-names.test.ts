import { describe, expect, it } from "vitest";

import { folderRole, isSystemName } from "./folder-names.ts";

describe("folderRole", () => {
  it.each([
    ["train", "train Train TRAIN training Training seg_train train_set training_set trainset TrainSet trainingset"],
    ["train", "train_data traindata train-images images_train train2017 01_train train.1 trn dataset_train"],
    ["val", "val valid Validation validate dev Dev eval val_set valset val2017 seg_val devset"],
    ["test", "test TEST Testing seg_test test_set test1 testset tst test_images testData"],
    ["unsorted", "seg_pred pred Prediction predictions unlabeled"],
  ])("is %s for %s", (role, names) => {
    for (const name of names.split(" ")) expect(`${name} ${folderRole(name)}`).toBe(`${name} ${role}`);
  });

  it("is undefined for other names", () => {
    const names = ["trains", "train station", "cat_train", "tests", "set", "images", "1", "", "contest", "train test"];
    for (const name of names) expect(`${name} ${folderRole(name)}`).toBe(`${name} undefined`);
  });
});

describe("isSystemName", () => {
  it("recognizes files and folders created by operating systems, in any letter case", () => {
    const names = ["Thumbs.db", "desktop.ini", "__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"];
    for (const name of [...names, "lost+found", "#recycle", "THUMBS.DB"]) expect(isSystemName(name)).toBe(true);
    for (const name of ["thumbs", "recycle", "macosx", "car"]) expect(isSystemName(name)).toBe(false);
  });
});
