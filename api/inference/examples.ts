/** A row of the wine that `npm start` serves: requests that can be tried as they stand. */
const columns = [
  'fixed_acidity',
  'volatile_acidity',
  'citric_acid',
  'residual_sugar',
  'chlorides',
  'free_sulfur_dioxide',
  'total_sulfur_dioxide',
  'density',
  'pH',
  'sulphates',
  'alcohol',
];
const row = [6.8, 0.47, 0.08, 2.2, 0.064, 18.0, 38.0, 0.99553, 3.3, 0.65, 9.6];

export const predictExample = { dataframe_split: { columns, data: [row] } };

export const inferExample = {
  id: 'my-request',
  inputs: columns.map((name, place) => ({
    name,
    datatype: 'FP64',
    shape: [1],
    data: row.slice(place, place + 1),
  })),
};

export const csvExample = `${columns.join()}\n${row.join()}\n`;
