/** The check of `/readyz` that fails until a start is over. */
export const startCheck = () => {
  let isOver = false;
  return {
    over(): void {
      isOver = true;
    },
    result: () => ({
      name: 'start',
      ok: isOver,
      detail: isOver ? 'the manifest is applied' : 'models are being loaded',
    }),
  };
};
