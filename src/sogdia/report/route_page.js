(() => {
  const map = document.querySelector(".map");
  const marked = (rank) => map.querySelectorAll(`[data-rank="${rank}"]`);
  const light = (rank) => {
    map.querySelectorAll(".on").forEach((one) => one.classList.remove("on"));
    map.classList.toggle("lit", rank !== undefined);
    if (rank !== undefined) marked(rank).forEach((one) => one.classList.add("on"));
  };
  map.querySelectorAll("a[data-rank], .route").forEach((one) => {
    for (const event of ["pointerenter", "focus"]) {
      one.addEventListener(event, () => light(one.dataset.rank));
    }
    for (const event of ["pointerleave", "blur"]) one.addEventListener(event, () => light());
  });
  const open = () => {
    const way = document.getElementById(location.hash.slice(1));
    if (way instanceof HTMLDetailsElement) way.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
