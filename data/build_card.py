def data_card(bundle, llms, table):
    return "x\n"
