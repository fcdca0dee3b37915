import { columns, csv, MAX, platformForBodies, refused, row, text } from './platform-for-bodies';

describe('tables that mean harm', () => {
  const { predict, asCsv, infer } = platformForBodies();

  it('with more columns or rows than anybody has', async () => {
    const fill = (unit: string, room = MAX - 2_000): string =>
      unit.repeat(Math.floor(room / unit.length));
    const many = fill('1,').slice(0, -1);
    const empties = fill('[],').slice(0, -1);
    const objects = fill('{},').slice(0, -1);
    const names = fill('"",').slice(0, -1);
    await refused(predict(`{"dataframe_split":{"columns":[${names}],"data":[]}}`), 'invalid-input');
    await refused(
      predict(`{"dataframe_split":{"columns":[${names}],"data":[[1]]}}`),
      'invalid-input',
    );
    await refused(
      predict(`{"dataframe_split":{"columns":[],"data":[${empties}]}}`),
      'too-many-rows',
    );
    await refused(
      predict(`{"dataframe_split":{"columns":["pH"],"data":[[${many}]]}}`),
      'invalid-input',
    );
    await refused(
      predict(`{"dataframe_split":{"columns":["pH"],"data":[${many}]}}`),
      'invalid-input',
    );
    await refused(predict(`{"dataframe_records":[${objects}]}`), 'too-many-rows');
    await refused(predict(`{"dataframe_records":[${empties}]}`), 'invalid-input');
    await refused(predict(`{"instances":[${many}]}`), 'invalid-input');
    await refused(predict(`{"inputs":{"pH":[${many}]}}`), 'too-many-rows');
    const distinct = Array.from({ length: 200_000 }, (_, count) => `"c${count}":[1]`).join();
    await refused(predict(`{"inputs":{${distinct}}}`), 'invalid-input');
    await refused(predict(`{"dataframe_records":[{${distinct}}]}`), 'invalid-input');
    const members = Array.from({ length: 200_000 }, (_, count) => `"m${count}":1`).join();
    expect((await predict(`{${members},${text.slice(1)}`)).status).toBe(200);
    const rows = (count: number): string =>
      JSON.stringify({
        dataframe_split: { columns, data: Array.from({ length: count }, () => row) },
      });
    expect((await predict(rows(512))).body.predictions).toHaveLength(512);
    await refused(predict(rows(513)), 'too-many-rows');
    await refused(predict(rows(40_000)), 'too-many-rows');
  });

  it.each([
    ['commas', ','.repeat(MAX)],
    ['line ends', '\n'.repeat(MAX)],
    ['quotes', '"'.repeat(MAX)],
    ['pairs of quotes', '"",'.repeat(MAX / 4)],
    ['an open quote', `"${'a,\n'.repeat(MAX / 4)}`],
    ['one name', 'a'.repeat(MAX)],
    ['a header and commas', `${csv}\n${','.repeat(MAX - 1_000)}`],
    ['short rows', `${columns}\n${'1\n'.repeat(MAX / 2 - 1_000)}`],
    ['empty quoted rows', `${columns}\n${'""\n'.repeat(MAX / 3 - 1_000)}`],
    ['carriage returns', `${columns}\r${'1\r'.repeat(MAX / 2 - 1_000)}`],
  ])('of CSV that is nothing but %s', async (_, bomb) => {
    const { status, body } = await asCsv(bomb);
    expect(status).toBe(400);
    expect(JSON.stringify(body).length).toBeLessThan(20_000);
  });

  it('of CSV whose quotes are in the wrong place', async () => {
    await refused(asCsv(`${csv}"`), 'invalid-input');
    await refused(
      asCsv(csv.replace('\n', '\n"7.4" ,').replace('"7.4" ,', '"7.4" ')),
      'malformed-body',
    );
  });

  it('of the inference protocol with absurd shapes and sizes', async () => {
    const tensor = (about: object) => ({
      name: 'pH',
      shape: [1],
      datatype: 'FP64',
      data: [1],
      ...about,
    });
    const shapes = [
      [],
      [1, 1, 1],
      [-1],
      [0],
      [1.5],
      ['1'],
      [null],
      [2],
      [1e9],
      [2 ** 53],
      [1e9, 1e9],
      [0, 2 ** 53 - 1],
      {},
      'x',
      null,
    ];
    const others = [
      ...shapes.map((shape) => ({ shape })),
      ...['', 'fp64', 'FP16', 'BF16', 7, null, {}].map((datatype) => ({ datatype })),
      ...[undefined, null, {}, 'x', [], [[]], [[1, 2]], [1, [2]], [[[1]]], ['1'], [true], [{}]].map(
        (data) => ({ data }),
      ),
      ...[-1, 0, 7, 9, 2 ** 53, 1e300, '8', null, {}].map((size) => ({
        data: undefined,
        parameters: { binary_data_size: size },
      })),
      { name: null },
      { name: 7 },
      { datatype: 'BYTES' },
      { datatype: 'BOOL', data: [2] },
      { datatype: 'UINT8', data: [256] },
      { datatype: 'INT32', data: [1.5] },
      { parameters: { binary_data_size: 8 } },
    ];
    for (const about of others) {
      const answer = await infer({ inputs: [tensor(about)] });
      expect({ about, status: answer.status }).toEqual({ about, status: 400 });
      expect(answer.body).toEqual({ error: expect.any(String) });
    }
    const head = JSON.stringify({
      inputs: [tensor({ data: undefined, parameters: { binary_data_size: 8 } })],
    });
    const behind = Buffer.concat([Buffer.from(head), Buffer.alloc(8)]);
    for (const length of [
      '-1',
      '1e3',
      '0',
      '1',
      '99999999999',
      'x',
      `${head.length + 1}`,
      `${head.length + 9}`,
      '',
    ]) {
      const answer = await infer(behind, { 'inference-header-content-length': length });
      expect({ length, status: answer.status }).toEqual({ length, status: 400 });
    }
    const texts = { name: 's', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 4 } };
    const json = Buffer.from(JSON.stringify({ inputs: [texts] }));
    const lying = Buffer.concat([json, Buffer.from([0xff, 0xff, 0xff, 0xff])]);
    expect(
      (await infer(lying, { 'inference-header-content-length': `${json.length}` })).status,
    ).toBe(400);
    const inputs = Array.from({ length: 40_000 }, (_, count) => tensor({ name: `c${count}` }));
    expect((await infer({ inputs })).status).toBe(400);
    for (const outputs of [{}, 'x', 7, [7], [{}], [{ name: 'nothing' }]]) {
      expect((await infer({ inputs: [tensor({})], outputs })).status).toBe(400);
    }
  });
});
